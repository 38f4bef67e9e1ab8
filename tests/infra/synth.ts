/**
 * Synthesises sst.config.ts without cloud, Pulumi engine or sst process: bundles it exactly as the SST command does
 * (same injected globals), then runs it against Pulumi's in-process mock monitor and records every resource.
 * SST has no supported way to test a program; this follows its own pkg/js and pkg/project.
 */
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Esbuild from 'esbuild';
import { answerCall, createdState, MOCK_REGION, type MockCall, type MockResource } from './mock-cloud.js';
import { PLATFORM_FOLDER, REPOSITORY_ROOT } from './platform.js';
import { type BuildRequest, startSstServer } from './sst-server.js';

export interface Synthesis {
  /** What the configuration says of the app in this stage. */
  app: Record<string, unknown>;
  resources: MockResource[];
  builds: BuildRequest[];
  outputs: Record<string, unknown>;
}

/** The parts of the platform's own Pulumi instance that drive a run. It must be that instance: mocks are module state. */
interface PulumiRuntime {
  setMocks(mocks: object, project: string, stack: string, preview: boolean): Promise<void>;
  runInPulumiStack(program: () => Promise<unknown>): Promise<Record<string, unknown> | undefined>;
  /** Registrations go on after the program has returned; this resolves when the last is done. */
  waitForRPCs(): Promise<void>;
}

interface Program {
  program(): Promise<unknown>;
  app(input: { stage: string }): Record<string, unknown>;
}

const WORK_FOLDER = join(REPOSITORY_ROOT, '.sst');
const fromPlatform = createRequire(join(PLATFORM_FOLDER, 'package.json'));

/**
 * @param stage Name of the deployment stage.
 * @param secrets Values of `sst.Secret`s by name.
 */
export async function synthesise(stage: string, secrets: Record<string, string>): Promise<Synthesis> {
  const runtime = fromPlatform('@pulumi/pulumi/runtime') as PulumiRuntime;
  const resources: MockResource[] = [];
  await runtime.setMocks(recordingMocks(resources), 'preheat', stage, false);
  const server = await startSstServer(WORK_FOLDER);
  process.env.SST_SERVER = server.url;
  for (const [name, value] of Object.entries(secrets)) process.env[`SST_SECRET_${name}`] = value;
  const bundle = await bundleProgram(stage);
  try {
    const { program, app } = (await import(pathToFileURL(bundle).href)) as Program;
    const outputs = await runtime.runInPulumiStack(program);
    await runtime.waitForRPCs();
    return { app: app({ stage }), resources, builds: server.builds, outputs: outputs ?? {} };
  } finally {
    server.close();
    rmSync(bundle, { force: true });
  }
}

function recordingMocks(resources: MockResource[]) {
  return {
    newResource(resource: MockResource) {
      resources.push({ type: resource.type, name: resource.name, inputs: resource.inputs });
      return { id: resource.id || `${resource.name}-id`, state: createdState(resource) };
    },
    call: (call: MockCall) => answerCall(call),
  };
}

/** Node keeps a module that it has imported: each synthesis of a process needs a file of its own. */
let bundled = 0;

/** Under a node_modules folder, so that the test runner loads the program natively instead of transforming it. */
async function bundleProgram(stage: string): Promise<string> {
  const name = `program-${process.pid}-${bundled++}.mjs`;
  const outfile = join(PLATFORM_FOLDER, 'node_modules', '.preheat-synthesis', name);
  const { build } = fromPlatform('esbuild') as typeof Esbuild;
  await build({
    stdin: { contents: entrySource(), resolveDir: REPOSITORY_ROOT, loader: 'ts', sourcefile: 'entry.ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    sourcemap: 'inline',
    logLevel: 'error',
    nodePaths: [join(PLATFORM_FOLDER, 'node_modules')],
    define: globalConstants(stage),
    inject: [join(PLATFORM_FOLDER, 'src/shim/run.js')],
    external: [
      '@pulumi/*',
      '@pulumiverse/*',
      '@sst-provider/*',
      '@aws-sdk/*',
      'undici',
      'esbuild',
      'archiver',
      'glob',
      'vite',
    ],
    banner: { js: COMMONJS_GLOBALS },
    plugins: [platformGlobals()],
  });
  return outfile;
}

function entrySource(): string {
  const run = JSON.stringify(join(PLATFORM_FOLDER, 'src/auto/run.ts'));
  const config = JSON.stringify(join(REPOSITORY_ROOT, 'sst.config.ts'));
  return `import { run } from ${run};\nimport config from ${config};\nexport const program = () => run(config.run);\nexport const { app } = config;\n`;
}

function globalConstants(stage: string): Record<string, string> {
  const app = {
    name: 'preheat',
    stage,
    removal: 'remove',
    protect: false,
    home: 'aws',
    providers: { aws: { region: MOCK_REGION } },
  };
  const paths = {
    home: join(WORK_FOLDER, 'home'),
    root: REPOSITORY_ROOT,
    work: WORK_FOLDER,
    platform: PLATFORM_FOLDER,
  };
  const cli = { command: 'deploy', dev: false, paths, state: { version: {} } };
  return { $app: JSON.stringify(app), $cli: JSON.stringify(cli), $dev: 'false' };
}

/** Our own files use `aws` and `sst` as globals; the SST command prepends these imports to each of them. */
function platformGlobals(): Esbuild.Plugin {
  const components = JSON.stringify(join(PLATFORM_FOLDER, 'src/components'));
  const imports = `import * as aws from "@pulumi/aws"; import * as sst from ${components};\n`;
  return {
    name: 'platform-globals',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path.startsWith(WORK_FOLDER) || path.includes('node_modules')) return undefined;
        return { contents: imports + readFileSync(path, 'utf8'), loader: 'ts' };
      });
    },
  };
}

const COMMONJS_GLOBALS = [
  'import { createRequire as createRequireHere } from "node:module";',
  'import { fileURLToPath as pathOfUrl, URL as UrlHere } from "node:url";',
  'const require = createRequireHere(import.meta.url);',
  'const __filename = pathOfUrl(import.meta.url);',
  'const __dirname = pathOfUrl(new UrlHere(".", import.meta.url));',
].join('\n');
