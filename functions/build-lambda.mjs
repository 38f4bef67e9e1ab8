/**
 * Bundles the Lambda handlers into functions/dist-lambda/<folder>/, one zip-ready folder per deployed function, with what V8 compiled
 * of it beside (lambda/): `node functions/build-lambda.mjs [folder …]`, with the Node that will run it, or with PREHEAT_LAMBDA_NODE naming that one.
 *
 * onnxruntime-node has a native part: folders that decode get it beside the bundle, for Lambda's platform
 * only (46 MB instead of 290 MB; the limit is 250 MB). The other folders must not load it, and the build proves it.
 * Folders that grade get the Python sandbox, which is started as a process from its own files, and Pyodide (14 MB).
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { buildChunks, bundleOptions, COMMON_JS, OF_THIS_BUNDLE } from './lambda/build-chunks.mjs';
import { replaceFolder } from './lambda/replace-folder.mjs';
import { chunksTogether, writePacks } from './lambda/write-packs.mjs';

const FUNCTIONS_FOLDER = dirname(fileURLToPath(import.meta.url));
const BUILD_FOLDER = join(FUNCTIONS_FOLDER, 'lambda');
const INFERENCE_FOLDER = join(FUNCTIONS_FOLDER, '../packages/inference');
const GRADERS_FOLDER = join(FUNCTIONS_FOLDER, '../packages/graders');
const OUTPUT_FOLDER = join(FUNCTIONS_FOLDER, 'dist-lambda');
const MODEL_RUNTIME = 'onnxruntime-node';
/** Decoding starts this module as a thread, by its name beside the module that starts it. */
const MODEL_WORKER = 'graph-worker';
const MODEL_RUNTIME_FILES = ['package.json', 'dist', 'bin/napi-v6/linux/x64'];

/** Deployed folders: which handler file, and whether the function decodes or grades. Names are those of infra/. */
const LAMBDAS = {
  api: { entry: 'api', exports: ['handler', 'buffered'], decodes: false, grades: true },
  inference: { entry: 'api', exports: ['handler', 'buffered'], decodes: true, grades: true },
  evaluation: { entry: 'evaluation', exports: ['handler'], decodes: true, grades: true },
  sweeper: { entry: 'sweeper', exports: ['handler'], decodes: false, grades: false },
  budget: { entry: 'budget', exports: ['handler'], decodes: false, grades: false },
};

async function bundle(folder) {
  mkdirSync(OUTPUT_FOLDER, { recursive: true });
  console.log(await replaceFolder(join(OUTPUT_FOLDER, folder), (outdir) => fill(folder, outdir)));
}

/** @returns What it became, to be printed. */
async function fill(folder, outdir) {
  const { entry, exports, decodes, grades } = LAMBDAS[folder];
  const entryPoint = join(FUNCTIONS_FOLDER, 'src', 'lambda', `${entry}.ts`);
  const built = await buildChunks(entryPoint, { decodes });
  cpSync(join(BUILD_FOLDER, 'load-bundle.mjs'), join(outdir, 'load-bundle.mjs'));
  writeFileSync(join(outdir, `${entry}.mjs`), handlerModule(exports));
  if (decodes) {
    await buildModelWorker(outdir);
    copyModelRuntime(outdir);
  } else refuseModelRuntimeAtStart(folder, built.metafile.inputs, relative(process.cwd(), entryPoint));
  if (grades) copySandbox(outdir);
  const packs = await pack(folder, outdir, built);
  const kib = (file) => `${Math.round(statSync(join(outdir, file)).size / 1024)} KiB`;
  const runtime = decodes ? ` + ${MODEL_RUNTIME}` : '';
  const sizes = packs.map((name) => `${name} ${kib(`${name}.cjs`)} + ${kib(`${name}.compiled`)} compiled`);
  return `dist-lambda/${folder}: ${sizes.join(', ')}${runtime}`;
}

/** What every start runs is one file, and what only some calls or one store run are others, read where they are needed. */
async function pack(folder, outdir, built) {
  writePacks(outdir, built, {});
  const together = chunksTogether(JSON.parse(await rehearse(folder, outdir)));
  for (const name of built.chunks.keys()) rmSync(join(outdir, name.replace(/\.js$/, '.cjs')));
  writePacks(outdir, built, together);
  await rehearse(folder, outdir, '--write');
  return Object.keys(together);
}

/** It is a file of its own, because it is started by its name: which is read as CommonJS wherever the folder lies. */
async function buildModelWorker(outdir) {
  writeFileSync(join(outdir, 'package.json'), '{ "type": "commonjs" }\n');
  const worker = join(INFERENCE_FOLDER, 'src', `${MODEL_WORKER}.ts`);
  await build({
    ...bundleOptions({ decodes: true }),
    ...COMMON_JS,
    entryPoints: [worker],
    outfile: join(outdir, `${MODEL_WORKER}.js`),
    banner: { js: OF_THIS_BUNDLE },
  });
}

/** The module that Lambda imports: opens the function before the first call, so that what a start costs is in its start. */
const handlerModule = (exports) =>
  [
    "import { dirname } from 'node:path';",
    "import { fileURLToPath } from 'node:url';",
    "import { loadBundle } from './load-bundle.mjs';",
    'const { exports: bundle, compiledCode } = loadBundle(dirname(fileURLToPath(import.meta.url)));',
    `export const { ${exports.join(', ')} } = await bundle.open(process.env, compiledCode);`,
    '',
  ].join('\n');

/** Compiled code is of one version of Node: another refuses it. @returns What the rehearsal printed. */
async function rehearse(folder, outdir, ...options) {
  const record = join(BUILD_FOLDER, 'record-compiled-code.mjs');
  const node = process.env.PREHEAT_LAMBDA_NODE ?? process.execPath;
  // Nothing of the builder's own settings, loaders among them, is recorded.
  const env = { PATH: process.env.PATH ?? '' };
  return (await promisify(execFile)(node, [record, outdir, folder, ...options], { env })).stdout;
}

/** Follows the static imports of the entry; an `import()` is allowed, since only paths routed elsewhere reach it. */
function refuseModelRuntimeAtStart(folder, inputs, entryFile) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind } of inputs[file]?.imports ?? []) {
      if (kind === 'dynamic-import') continue;
      if (path === MODEL_RUNTIME) {
        throw new Error(
          `"${folder}" loads ${MODEL_RUNTIME} at start-up (${file}), but is deployed without it. ` +
            'Import @preheat/inference with `await import()` where a request needs it.',
        );
      }
      visit(path);
    }
  };
  visit(entryFile);
}

function copyModelRuntime(outdir) {
  const runtime = packageFolder(MODEL_RUNTIME, INFERENCE_FOLDER);
  const common = packageFolder('onnxruntime-common', runtime);
  const modules = join(outdir, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const file of MODEL_RUNTIME_FILES) {
    cpSync(join(runtime, file), join(modules, MODEL_RUNTIME, file), { recursive: true });
  }
  cpSync(common, join(modules, 'onnxruntime-common'), { recursive: true, dereference: true });
}

function copySandbox(outdir) {
  cpSync(join(GRADERS_FOLDER, 'sandbox'), join(outdir, 'sandbox'), { recursive: true });
  const pyodide = packageFolder('pyodide', GRADERS_FOLDER);
  cpSync(pyodide, join(outdir, 'node_modules/pyodide'), { recursive: true });
}

/** A package's folder as seen from `from`; walks up from its entry point, since not every package exports its manifest. */
function packageFolder(name, from) {
  const entry = createRequire(join(from, 'package.json')).resolve(name);
  const end = entry.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length;
  return entry.slice(0, end);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((folder) => !(folder in LAMBDAS));
if (unknown.length > 0) {
  console.error(`No such function: ${unknown.join(', ')}. There are: ${Object.keys(LAMBDAS).join(', ')}.`);
  process.exit(1);
}
// What the evaluation function rehearses is made through the API.
const needsApi = wanted.includes('evaluation') && !wanted.includes('api') && !existsSync(join(OUTPUT_FOLDER, 'api'));
const folders = wanted.length > 0 ? wanted : Object.keys(LAMBDAS);
for (const folder of needsApi ? ['api', ...folders] : folders) await bundle(folder);
