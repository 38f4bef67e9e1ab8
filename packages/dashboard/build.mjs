/** Builds the site into dist/site: one bundled module beside the static files. Run by `npm run build`. */
import { cpSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function buildSite(target = at('./dist/site')) {
  mkdirSync(target, { recursive: true });
  cpSync(at('./static'), target, { recursive: true });
  return build({
    entryPoints: [at('./src/main.ts')],
    outfile: `${target}/app.js`,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['source'],
    // Loaded only where files have paths, which is not in a browser.
    external: ['node:fs'],
    minify: true,
    sourcemap: true,
    logLevel: 'warning',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildSite();
