/**
 * The modules of one entry as CommonJS chunks: what is imported on demand is a chunk of its own, and what several need is in
 * one chunk that they share. CommonJS, since V8 can take compiled code for it.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build, transform } from 'esbuild';

/** What modules know of themselves, in a chunk that is no module. */
const IMPORT_META = {
  'import.meta.url': 'urlOfThisBundle',
  'import.meta.resolve': 'require.resolve',
};
export const OF_THIS_BUNDLE =
  "const requireBeside = require, urlOfThisBundle = require('node:url').pathToFileURL(__filename).href;";

const TARGET = { platform: 'node', target: 'node20', minify: true, logLevel: 'warning' };
/** V8 forgets, with compiled code, who answers an `import()`; a `require()` needs nobody. */
export const COMMON_JS = { ...TARGET, format: 'cjs', supported: { 'dynamic-import': false } };

/** The JavaScript of the model runtime is many small files, which take longer to find than to run; its native part stays a file. */
const BUNDLED_RUNTIME = {
  name: 'bundled-model-runtime',
  setup({ onLoad }) {
    onLoad({ filter: /onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace('require(`../bin/', 'requireBeside(`./node_modules/onnxruntime-node/bin/');
      if (contents === source) throw new Error(`${path} loads its native part in another way than it used to.`);
      return { contents, loader: 'js' };
    });
  },
};

/** The app names its own compilers, so these are never loaded: 300 KiB that would be read at every start. */
const NO_UNUSED_COMPILERS = {
  name: 'no-unused-compilers',
  setup({ onLoad }) {
    const contents =
      "throw new Error('This bundle has none of the compilers of Fastify: name the compilers of the app.');";
    onLoad({ filter: /@fastify[\\/](?:ajv-compiler|fast-json-stringify-compiler)[\\/]/ }, () => ({
      contents,
      loader: 'js',
    }));
  },
};

/** @param {{ decodes: boolean }} options Whether the model runtime is bundled; tsx is for sources that run directly. */
export const bundleOptions = ({ decodes }) => ({
  ...TARGET,
  bundle: true,
  // The workspace's own packages are bundled from source, so no stale build can be deployed.
  conditions: ['source'],
  mainFields: ['module', 'main'],
  define: IMPORT_META,
  external: decodes ? ['tsx'] : ['tsx', 'onnxruntime-node'],
  plugins: decodes ? [BUNDLED_RUNTIME, NO_UNUSED_COMPILERS] : [NO_UNUSED_COMPILERS],
});

/** @returns {Promise<{ entry: string, chunks: Map<string, string>, metafile: import('esbuild').Metafile }>} */
export async function buildChunks(entryPoint, { decodes }) {
  const { outputFiles, metafile } = await build({
    ...bundleOptions({ decodes }),
    entryPoints: [entryPoint],
    format: 'esm',
    splitting: true,
    outdir: '.',
    write: false,
    metafile: true,
  });
  const asCommonJs = async ({ path, text }) => [basename(path), (await transform(text, COMMON_JS)).code];
  const chunks = new Map(await Promise.all(outputFiles.map(asCommonJs)));
  return { entry: basename(entryPoint).replace(/\.ts$/, '.js'), chunks, metafile };
}
