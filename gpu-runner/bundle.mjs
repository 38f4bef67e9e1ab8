/**
 * Bundles the runner into a folder: `node gpu-runner/bundle.mjs [folder [entry …]]`, by default gpu-runner/dist/bundle. Hundreds of
 * small files take longer to find than to run, and a runner starts whenever work comes. `node <folder>/main.js` runs it.
 *
 * What has a native part stays in node_modules. Threads and the Python sandbox are started from files beside the bundle.
 */
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const RUNNER_FOLDER = dirname(fileURLToPath(import.meta.url));
const PACKAGES_FOLDER = join(RUNNER_FOLDER, '../packages');

/** Modules that are started as threads, by their names beside the module that starts them. */
const THREADS = [
  join(PACKAGES_FOLDER, 'executor/src/onnx/lane-worker.ts'),
  join(PACKAGES_FOLDER, 'inference/src/graph-worker.ts'),
];

/** Bundled CommonJS modules ask for a `require`, which modules of the standard format do not have. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/** The workspace's own packages are bundled from source, so that no stale build can be shipped. */
const OPTIONS = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['source'],
  mainFields: ['module', 'main'],
  external: ['onnxruntime-node', 'onnxruntime-common', '@tensorflow/*', 'tsx'],
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  banner: { js: REQUIRE },
  logLevel: 'warning',
};

const [outdir = join(RUNNER_FOLDER, 'dist/bundle'), ...others] = process.argv.slice(2);
const entries = others.length > 0 ? others : [join(RUNNER_FOLDER, 'src/main.ts')];
rmSync(outdir, { recursive: true, force: true });
await build({ ...OPTIONS, entryPoints: [...entries, ...THREADS], outdir });
cpSync(join(PACKAGES_FOLDER, 'graders/sandbox'), join(outdir, 'sandbox'), { recursive: true });
