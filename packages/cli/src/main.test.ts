import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SOURCES = ['--conditions=source', '--import', import.meta.resolve('tsx')];

/** Ends with its code and what it wrote to standard error; with `deaf`, nobody reads its output. */
function run(args: readonly string[], { deaf = false } = {}): Promise<{ code: number | null; err: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (deaf) child.stdout.destroy();
  let err = '';
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, err }));
  });
}

it('ends quietly when the reader of its output goes away', async () => {
  expect(await run([...SOURCES, at('main.ts'), '--help'], { deaf: true })).toEqual({ code: 141, err: '' });
});

it('says how to build it where it was not built', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'preheat-bin-'));
  try {
    cpSync(at('../bin'), join(folder, 'bin'), { recursive: true });
    const { code, err } = await run([join(folder, 'bin/preheat.mjs')]);
    expect([code, err]).toEqual([2, expect.stringContaining('npm ci && npm run build')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
