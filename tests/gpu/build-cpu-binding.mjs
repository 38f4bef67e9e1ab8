// Builds the native addon of @tensorflow/tfjs-node-gpu against TensorFlow's CPU library, so that the code that drives a
// GPU runs where there is none: same addon, same kernels by name, another device. The addon's sources come with the npm
// package, headers and library from the `tensorflow_cpu` wheel (1.1 GB unpacked). Nothing in node_modules is touched.
//   node tests/gpu/build-cpu-binding.mjs [--wheel file.whl]     needs python3 with pip, g++ and Node's headers
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, '.cache/tfjs-node-cpu');
const library = join(cache, 'tensorflow');
// Below the repository, so that the copy finds the same @tensorflow/tfjs as everybody else.
const copy = join(cache, 'node_modules/@tensorflow/tfjs-node-gpu');

function run(command, ...args) {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  } catch (error) {
    console.error(`${command} failed (${error.message}); the addon was not built`);
    process.exit(1);
  }
}

function fetchLibrary() {
  if (existsSync(join(library, 'libtensorflow_cc.so.2'))) return;
  const wheels = join(cache, 'wheel');
  const given = process.argv.indexOf('--wheel');
  if (given < 0) run('python3', '-m', 'pip', 'download', '--no-deps', '--quiet', '--dest', wheels, 'tensorflow_cpu');
  const wheel =
    given < 0
      ? join(wheels, readdirSync(wheels).find((name) => name.endsWith('.whl')) ?? '')
      : resolve(process.argv[given + 1] ?? '');
  const unpack = [
    'import sys, zipfile',
    'wheel = zipfile.ZipFile(sys.argv[1])',
    'wanted = ("tensorflow/include/", "tensorflow/libtensorflow_cc.so", "tensorflow/libtensorflow_framework.so")',
    'wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])',
  ];
  run('python3', '-c', unpack.join('\n'), wheel, cache);
  rmSync(wheels, { recursive: true, force: true });
}

function copyPackage() {
  const fromRunner = createRequire(join(root, 'gpu-runner/package.json'));
  cpSync(dirname(fromRunner.resolve('@tensorflow/tfjs-node-gpu/package.json')), copy, { recursive: true });
}

function compile() {
  const headers = join(dirname(dirname(process.execPath)), 'include/node');
  if (!existsSync(join(headers, 'node_api.h'))) {
    console.error(`Node's headers are not at ${headers}; the addon was not built`);
    process.exit(1);
  }
  const target = join(copy, 'lib/napi-v8');
  mkdirSync(target, { recursive: true });
  const includes = [headers, copy, join(library, 'include')].map((folder) => `-I${folder}`);
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(copy, 'binding', name));
  const link = [`-L${library}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', `-Wl,-rpath,${library}`];
  const flags = ['-std=c++17', '-O1', '-shared', '-fPIC', '-DNAPI_VERSION=8'];
  run('g++', ...flags, ...includes, ...sources, ...link, '-o', join(target, 'tfjs_binding.node'));
}

mkdirSync(cache, { recursive: true });
fetchLibrary();
copyPackage();
compile();
console.log(`built ${copy}; tests/gpu uses it from now on`);
