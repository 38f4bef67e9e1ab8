#!/usr/bin/env node
/**
 * What `npm run demo` and `npm test` start from a bare clone: plain JavaScript without dependencies, because none are
 * installed yet. It checks the Node version, installs, builds, and hands over to the target with its exit code.
 */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const OLDEST_NODE = [20, 19];
const MAX_QUOTED_CHARACTERS = 8_000;

const TARGETS = {
  demo: ['packages/cli/bin/preheat.mjs', 'demo'],
  test: ['tests/run.mjs'],
};

const [target = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(TARGETS, target)) {
  console.error(`usage: node packages/cli/bin/from-clone.mjs <${Object.keys(TARGETS).join('|')}> [arguments]`);
  process.exit(2);
}
checkNode();
if (!installed()) await step('installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
// Incremental: a few seconds when nothing has changed.
await step('building', process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
await step('building the dashboard', process.execPath, ['packages/dashboard/build.mjs']);
process.exitCode = await handOver([...TARGETS[target], ...args]);

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  console.error(`preheat needs Node ${OLDEST_NODE.join('.')} or later; this is ${process.versions.node}.`);
  process.exit(2);
}

/** npm writes node_modules/.package-lock.json at the end of an installation: older than the lock file means stale. */
function installed() {
  const marker = `${ROOT}node_modules/.package-lock.json`;
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(`${ROOT}package-lock.json`).mtimeMs;
}

/** Runs a command quietly, with the time it has taken so far; its output is shown only when it fails. */
async function step(title, command, commandArgs) {
  const startMs = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startMs) / 1_000)}s`;
  const live = process.stderr.isTTY;
  if (!live) process.stderr.write(`${title} …\n`);
  const draw = () => process.stderr.write(live ? `\r${title} … ${elapsed()}` : `${title} … ${elapsed()}\n`);
  const timer = setInterval(draw, live ? 1_000 : 15_000);
  const child = spawn(command, commandArgs, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    // npm is a batch file on Windows.
    shell: process.platform === 'win32' && command === 'npm',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-MAX_QUOTED_CHARACTERS);
    });
  }
  const code = await ended(child, (error) => {
    output += error.message;
  });
  clearInterval(timer);
  process.stderr.write(`${live ? '\r' : ''}${title} … ${code === 0 ? 'done' : 'failed'} in ${elapsed()}\n`);
  if (code === 0) return;
  process.stderr.write(`${output}\n`);
  process.exit(1);
}

/** Runs the target with this terminal. Signals are the target's to handle; this process only waits for its end. */
async function handOver(command) {
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      // A terminal sends SIGINT to the whole group, target included; a second one would cut its clean end short.
      if (signal === 'SIGTERM' || !(process.stdin.isTTY || process.stderr.isTTY)) child.kill(signal);
    });
  }
  return ended(child, (error) => console.error(error.message));
}

function ended(child, onError) {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      onError(error);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}
