import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const SCRIPT = 'packages/cli/bin/from-clone.mjs';
const INSTALLED = 'node_modules/.package-lock.json';

// A repository of one package without dependencies, whose compiler and tests only say that they ran.
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'preheat-clone-'));
  const manifest = { name: 'clone', version: '1.0.0' };
  write('package.json', JSON.stringify(manifest));
  write('package-lock.json', JSON.stringify({ ...manifest, lockfileVersion: 3, packages: { '': manifest } }));
  write(INSTALLED, '{}');
  write('node_modules/typescript/bin/tsc', 'console.log("compiled", process.argv[2])');
  write('packages/dashboard/build.mjs', '');
  write('tests/run.mjs', 'console.log("ran", ...process.argv.slice(2)); process.exitCode = 3;');
  mkdirSync(join(root, 'packages/cli/bin'), { recursive: true });
  cpSync(fileURLToPath(new URL('../bin/from-clone.mjs', import.meta.url)), join(root, SCRIPT));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [SCRIPT, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (texts.out += chunk));
  child.stderr.on('data', (chunk) => (texts.err += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...texts }));
  });
}

it('builds, hands over the arguments, and ends with the exit code of the target', async () => {
  const { code, out, err } = await run('test', 'packages/graph', '--bail');
  expect(out).toBe('ran packages/graph --bail\n');
  expect(code).toBe(3);
  expect(err).toMatch(/building … done in \d+s/);
  expect(err).not.toContain('installing');
});

it.each(['missing', 'older than the lock file'])('installs first when node_modules is %s', async (state) => {
  if (state === 'missing') rmSync(join(root, 'node_modules'), { recursive: true });
  else utimesSync(join(root, INSTALLED), 1, 1);
  const { code, err } = await run('test');
  expect(err).toMatch(/installing dependencies … done in \d+s/);
  // npm ci starts from an empty folder, so that the compiler of this test is gone: building must fail, and say why.
  expect(err).toMatch(/building … failed in \d+s\n[\s\S]*Cannot find module/);
  expect(code).toBe(1);
  expect(existsSync(join(root, 'node_modules/typescript'))).toBe(false);
});

it('shows what the compiler said when the build fails', async () => {
  write('node_modules/typescript/bin/tsc', 'console.log("src/a.ts(1,1): error TS1005"); process.exitCode = 2;');
  const { code, out, err } = await run('test');
  expect(err).toContain('src/a.ts(1,1): error TS1005');
  expect(code).toBe(1);
  expect(out).toBe('');
});

it('says what it can do when asked for something else', async () => {
  const { code, err } = await run('deploy');
  expect(err).toContain('<demo|test>');
  expect(code).toBe(2);
});
