/**
 * Bundles the Lambda handlers into functions/dist-lambda/<folder>/, one zip-ready folder per deployed function.
 *
 *   node functions/build-lambda.mjs [folder …]
 *
 * onnxruntime-node is native and cannot be bundled: folders that decode get it beside the bundle, for Lambda's platform
 * only (46 MB instead of 290 MB; the limit is 250 MB). The other folders must not load it, and the build proves it.
 * Folders that grade get the Python sandbox, which is started as a process from its own files, and Pyodide (14 MB).
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const FUNCTIONS_FOLDER = dirname(fileURLToPath(import.meta.url));
const INFERENCE_FOLDER = join(FUNCTIONS_FOLDER, '../packages/inference');
const GRADERS_FOLDER = join(FUNCTIONS_FOLDER, '../packages/graders');
const OUTPUT_FOLDER = join(FUNCTIONS_FOLDER, 'dist-lambda');
const MODEL_RUNTIME = 'onnxruntime-node';
/** Decoding starts this module as a thread, by its name beside the module that starts it. */
const MODEL_WORKER = 'graph-worker';
const MODEL_RUNTIME_FILES = ['package.json', 'dist', 'bin/napi-v6/linux/x64'];

/** Deployed folders: which handler file, and whether the function decodes or grades. Names are those of infra/. */
const LAMBDAS = {
  api: { entry: 'api', decodes: false, grades: true },
  inference: { entry: 'api', decodes: true, grades: true },
  evaluation: { entry: 'evaluation', decodes: true, grades: true },
  sweeper: { entry: 'sweeper', decodes: false, grades: false },
};

/** Packages inside an ES module bundle still expect CommonJS's globals. */
const COMMONJS_GLOBALS = [
  "import { createRequire as createRequireHere } from 'node:module';",
  "import { dirname as folderOfPath } from 'node:path';",
  "import { fileURLToPath as pathOfUrl } from 'node:url';",
  'const require = createRequireHere(import.meta.url);',
  'const __filename = pathOfUrl(import.meta.url);',
  'const __dirname = folderOfPath(__filename);',
].join('\n');

async function bundle(folder) {
  const { entry, decodes, grades } = LAMBDAS[folder];
  const outdir = join(OUTPUT_FOLDER, folder);
  rmSync(outdir, { recursive: true, force: true });
  const worker = join(INFERENCE_FOLDER, 'src', `${MODEL_WORKER}.ts`);
  const { metafile } = await build({
    entryPoints: {
      [entry]: join(FUNCTIONS_FOLDER, 'src', 'lambda', `${entry}.ts`),
      ...(decodes ? { [MODEL_WORKER]: worker } : {}),
    },
    outdir,
    bundle: true,
    // Splitting keeps what is imported on demand (the model runtime) out of the start-up path.
    splitting: true,
    minify: true,
    keepNames: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // The workspace's own packages are bundled from source, so no stale build can be deployed.
    conditions: ['source'],
    mainFields: ['module', 'main'],
    external: [MODEL_RUNTIME],
    banner: { js: COMMONJS_GLOBALS },
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }\n');
  const entryFile = relative(process.cwd(), join(outdir, `${entry}.js`));
  if (decodes) copyModelRuntime(outdir);
  else refuseModelRuntimeAtStart(folder, metafile.outputs, entryFile);
  if (grades) copySandbox(outdir);
  const size = Object.values(metafile.outputs).reduce((bytes, { bytes: more }) => bytes + more, 0);
  console.log(`dist-lambda/${folder}: ${Math.round(size / 1024)} KiB${decodes ? ` + ${MODEL_RUNTIME}` : ''}`);
}

/** Follows the static imports of the entry; an `import()` is allowed, since only paths routed elsewhere reach it. */
function refuseModelRuntimeAtStart(folder, outputs, entryFile) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind } of outputs[file]?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (path === MODEL_RUNTIME) {
        throw new Error(
          `"${folder}" loads ${MODEL_RUNTIME} at start-up, but is deployed without it. ` +
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
for (const folder of wanted.length > 0 ? wanted : Object.keys(LAMBDAS)) await bundle(folder);
