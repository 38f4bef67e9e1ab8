/** Builds what is measured: the functions as they are deployed, and the bare app as its author would bundle it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { REPOSITORY } from '../peers.js';

export const FUNCTIONS = ['api', 'inference', 'evaluation', 'sweeper'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export const folderOf = (name: FunctionName): string => join(REPOSITORY, 'functions', 'dist-lambda', name);

/** What a start reads, and what the client of AWS is. */
const PACKS = ['start', 'aws'] as const;

export interface Size {
  /** JavaScript that is read at a start on AWS. */
  readonly bundleBytes: number;
  /** What V8 compiled of it. */
  readonly compiledBytes: number;
  /** Everything that is deployed, unpacked. */
  readonly folderBytes: number;
}

export async function buildFunctions(): Promise<void> {
  await promisify(execFile)(process.execPath, ['functions/build-lambda.mjs'], { cwd: REPOSITORY });
}

/** The folder of the bundled bare app. */
export async function buildBareApp(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'preheat-bare-app-'));
  await build({
    entryPoints: [fileURLToPath(new URL('./bare-app.ts', import.meta.url))],
    outfile: join(folder, 'bare-app.mjs'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  return folder;
}

export function sizeOf(name: FunctionName): Size {
  const folder = folderOf(name);
  const bytes = (file: string) => statSync(join(folder, file)).size;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return {
    bundleBytes: PACKS.reduce((sum, pack) => sum + bytes(`${pack}.cjs`), 0),
    compiledBytes: PACKS.reduce((sum, pack) => sum + bytes(`${pack}.compiled`), 0),
    folderBytes: files.reduce((sum, { parentPath, name: file }) => sum + statSync(join(parentPath, file)).size, 0),
  };
}
