/** The commit that a run names: that of the sources, whatever runs wrote since. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { commit } from './report-failure.js';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'preheat-clone-'));
});
afterEach(() => rmSync(clone, { recursive: true }));

const git = (...words: string[]) => execFileSync('git', words, { cwd: clone, stdio: 'ignore' });

function write(path: string, text: string): void {
  mkdirSync(join(clone, path, '..'), { recursive: true });
  writeFileSync(join(clone, path), text);
}

it('is marked when sources were changed, and not for figures and seeds that runs write', () => {
  expect(commit(clone)).toBe('unknown');
  const written = ['docs/reliability.md', 'tests/simulation/regressions.json'];
  for (const path of [...written, 'packages/one.ts']) write(path, 'before');
  git('init');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-m', 'first');
  const clean = commit(clone);
  expect(clean).toMatch(/^[0-9a-f]{12}$/);
  for (const path of written) write(path, 'after');
  expect(commit(clone)).toBe(clean);
  write('packages/one.ts', 'after');
  expect(commit(clone)).toBe(`${clean}-dirty`);
});
