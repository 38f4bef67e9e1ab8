import { expect, test } from 'vitest';
import fc from 'fast-check';
import { assertKey, assertPrefix, compareKeys } from './object-key.js';
import { InvalidKeyError } from './store-errors.js';

test('keys that some backend cannot hold are refused with the reason', () => {
  const refused: [key: string, reason: RegExp][] = [
    ['', /empty/],
    ['/a', /empty segment/],
    ['a/', /empty segment/],
    ['a//b', /empty segment/],
    ['../etc/passwd', /"\.\."/],
    ['a/./b', /"\."/],
    ['a\0b', /control character/],
    ['line\nbreak', /control character/],
    ['\ud800', /surrogate/],
    ['é'.repeat(513), /1024 bytes/],
  ];
  for (const [key, reason] of refused) {
    expect(() => assertKey(key)).toThrow(InvalidKeyError);
    expect(() => assertKey(key)).toThrow(reason);
  }
});

test('ordinary and odd but legal keys pass', () => {
  for (const key of ['a', 'jobs/job_1/job.json', 'a b', '...', '.hidden', '%2F', 'ключ/🎲', 'x'.repeat(1024)]) {
    expect(() => assertKey(key)).not.toThrow();
  }
});

test('a prefix may be empty or end anywhere', () => {
  for (const prefix of ['', 'jobs/', 'jobs/job_', '.']) expect(() => assertPrefix(prefix)).not.toThrow();
  expect(() => assertPrefix('a\0')).toThrow(InvalidKeyError);
});

test('keys compare as their UTF-8 bytes do', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
  expect(compareKeys('\uff5e', '🎲')).toBeLessThan(0);
});
