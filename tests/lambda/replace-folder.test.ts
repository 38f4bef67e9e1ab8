/** A build that failed leaves nothing behind, and what an earlier one left is not taken for the next. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

type ReplaceFolder = (folder: string, fill: (empty: string) => Promise<void>) => Promise<void>;

const { replaceFolder } = (await import(
  new URL('../../functions/lambda/replace-folder.mjs', import.meta.url).href
)) as { replaceFolder: ReplaceFolder };
let output: string;
let folder: string;
beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), 'preheat-replace-'));
  folder = join(output, 'api');
});
afterEach(() => rmSync(output, { recursive: true, force: true }));

const write = (name: string) => async (path: string) => writeFileSync(join(path, name), '');

test('holds what was made last, and nothing of what a process of the same number left', async () => {
  await replaceFolder(folder, write('first'));
  for (const left of [`.api-${process.pid}`, `.api-${process.pid}-before`]) {
    mkdirSync(join(output, left));
    writeFileSync(join(output, left, 'left'), '');
  }
  await replaceFolder(folder, write('second'));
  expect(readdirSync(folder)).toEqual(['second']);
  expect(readdirSync(output)).toEqual(['api']);
});

test('stays as it was where its making failed', async () => {
  await replaceFolder(folder, write('first'));
  const failing = async (path: string): Promise<void> => {
    await write('half')(path);
    throw new Error('broken');
  };
  await expect(replaceFolder(folder, failing)).rejects.toThrow('broken');
  expect(readdirSync(folder)).toEqual(['first']);
  expect(readdirSync(output)).toEqual(['api']);
  expect(existsSync(join(folder, 'half'))).toBe(false);
});

test('stays as it was where what was made could not take its place', async () => {
  await replaceFolder(folder, write('first'));
  const vanishing = async (path: string): Promise<void> => rmSync(path, { recursive: true });
  await expect(replaceFolder(folder, vanishing)).rejects.toThrow('ENOENT');
  expect(readdirSync(folder)).toEqual(['first']);
  expect(readdirSync(output)).toEqual(['api']);
});
