import { resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOfName, directoryOfPrefix, keyOfBytes, pathOfKey } from './key-path.js';

const segment = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 120 })
  .filter((text) => !text.includes('/') && text !== '.' && text !== '..');
const timed = fc
  .tuple(fc.integer({ min: 0, max: 1e15 - 1 }), segment)
  .map(([ms, text]) => `${String(ms).padStart(15, '0')}-${text}`);
const key = fc.array(fc.oneof(segment, timed), { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));

test('a path gives its key back', () => {
  fc.assert(
    fc.property(key, (original) => {
      expect(keyOfBytes(pathOfKey(original).split('/').map(bytesOfName).join(''))).toBe(original);
    }),
  );
});

test('a path stays in its root, and every name is short and plain', () => {
  fc.assert(
    fc.property(key, (original) => {
      const path = pathOfKey(original);
      expect(resolve('/root', path)).toBe(`/root/${path}`);
      for (const name of path.split('/')) expect(name).toMatch(/^[a-z0-9._%^-]{1,254}[+~]?$/);
    }),
  );
});

test('a prefix names the directory that all its keys are in', () => {
  fc.assert(
    fc.property(key, fc.nat(), (original, cut) => {
      const prefix = original.slice(0, cut % (original.length + 1));
      expect(pathOfKey(original).startsWith(directoryOfPrefix(prefix))).toBe(true);
    }),
  );
});

test('keys that differ only in letter case or Unicode form are different files, and neighbours never collide', () => {
  const keys = [
    'a',
    'A',
    '^a',
    'a+',
    'a+/b',
    'a/b',
    'a~/b',
    'é',
    'e\u0301',
    '%c3%a9',
    '.',
    'x'.repeat(81),
    '000001764000000-a',
    '000001764000000',
    '0000017640',
  ];
  const paths = keys.map((each) => pathOfKey(each).toLowerCase().normalize('NFC'));
  expect(new Set(paths).size).toBe(keys.length);
});
