/**
 * A worker as one plain module: it starts in a moment, and its code is not slowed down by the names that the loader of sources
 * gives to every function it makes.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What is bundled of older packages asks for Node's own modules in their way. */
const REQUIRE = `import * as nodeModule from 'node:module';\nconst require = nodeModule.createRequire(import.meta.url);`;
/** Native, or started as processes of their own: nothing that a simulated world reaches. */
const EXTERNAL = ['onnxruntime-node', '@tensorflow/*', 'pyodide', 'tsx'];

export interface WorkerBundle {
  readonly file: string;
  remove(): void;
}

/** Below the root, where what is external is found from. */
export async function bundleWorker(entry: string): Promise<WorkerBundle> {
  const folder = join(ROOT, 'node_modules/.cache/preheat-simulation');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `worker-${process.pid}-${performance.now()}.mjs`);
  await build({
    entryPoints: [entry],
    outfile: file,
    absWorkingDir: ROOT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    mainFields: ['module', 'main'],
    external: EXTERNAL,
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
  return { file, remove: () => rmSync(file, { force: true }) };
}
