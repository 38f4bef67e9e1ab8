import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { replayedTree } from './replayed-tree.js';

let repository: string;
const git = (...command: string[]) => {
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@b.c', '-c', 'commit.gpgsign=false'];
  expect(spawnSync('git', [...author, ...command], { cwd: repository }).status).toBe(0);
};
const write = (path: string, text: string) => writeFileSync(join(repository, path), text);

beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'preheat-tree-'));
  git('init', '-q');
  for (const folder of ['packages', 'functions', 'gpu-runner', 'tests/bench', 'docs']) {
    mkdirSync(join(repository, folder), { recursive: true });
    write(`${folder}/file.txt`, 'one\n');
  }
  git('add', '.');
  git('commit', '-qm', 'first');
});
afterEach(() => rmSync(repository, { recursive: true, force: true }));

it.each(['packages', 'functions', 'gpu-runner', 'tests/bench'])(
  'tells two changes of as many lines in %s apart',
  (at) => {
    const committed = replayedTree(repository);
    write(`${at}/file.txt`, 'two\n');
    const second = replayedTree(repository);
    write(`${at}/file.txt`, 'six\n');
    expect(new Set([committed, second, replayedTree(repository)]).size).toBe(3);
    write(`${at}/file.txt`, 'two\n');
    expect(replayedTree(repository)).toBe(second);
  },
);

it('is the same whatever is written about it, and another after a commit', () => {
  const committed = replayedTree(repository);
  write('docs/file.txt', 'two\n');
  expect(replayedTree(repository)).toBe(committed);
  git('commit', '-qam', 'second');
  expect(replayedTree(repository)).not.toBe(committed);
});

it('says what git says where there is no repository', () => {
  rmSync(join(repository, '.git'), { recursive: true });
  expect(() => replayedTree(repository)).toThrow(/git diff failed: /);
});
