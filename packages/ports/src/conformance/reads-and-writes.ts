/** Conformance: whole-object reads and writes, ranges, keys. */
import { expect, test } from 'vitest';
import type { ObjectStore } from '../object-store.js';
import { InvalidKeyError } from '../store-errors.js';
import { bytes, pattern, sameBytes, text } from './bytes.js';

/** Legal keys that have broken some backend: quoting, globbing, path tricks, Unicode, length, letter case. */
const ODD_KEYS = [
  'with space',
  'plus+and%20percent%',
  'quote\'s "double"',
  'a&b=c?d#e',
  'semi;colon:comma,',
  'star*[glob]{x}',
  'back\\slash',
  '<xml>&amp;',
  '...',
  '.hidden',
  'trailing.',
  '~tilde^caret',
  'UPPER and upper',
  'upper and UPPER',
  'é composed',
  'e\u0301 decomposed',
  'ключ/鍵/🎲',
  'C:/con/nul.txt',
  `long/${'s'.repeat(300)}/${'é'.repeat(200)}`,
];

export function readWriteTests(store: () => ObjectStore): void {
  wholeObjectTests(store);
  bodyTests(store);
  rangeTests(store);
  keyTests(store);
}

function wholeObjectTests(store: () => ObjectStore): void {
  test('what was put is read back, with its size and ETag', async () => {
    const put = await store().put('rw/first', bytes('hello'), { contentType: 'text/plain' });
    const read = await store().get('rw/first');
    expect(put).toEqual({ ok: true, etag: read?.etag });
    expect(text(read?.body)).toBe('hello');
    expect(read?.size).toBe(5);
    expect(read?.lastModifiedMs).toBeGreaterThan(Date.UTC(2000, 0, 1));
    const { body: _, ...meta } = read ?? { body: undefined };
    expect(await store().head('rw/first')).toEqual(meta);
  });

  test('a missing object is undefined, for reads of every kind', async () => {
    expect(await store().get('rw/missing')).toBeUndefined();
    expect(await store().get('rw/missing', { range: { offset: 3 } })).toBeUndefined();
    expect(await store().head('rw/missing')).toBeUndefined();
    expect(await store().getStream('rw/missing')).toBeUndefined();
  });

  test('an unconditional put replaces the object and its ETag', async () => {
    const first = await store().put('rw/replaced', bytes('one'));
    const second = await store().put('rw/replaced', bytes('two'));
    expect(text((await store().get('rw/replaced'))?.body)).toBe('two');
    expect(first.ok && second.ok && first.etag !== second.etag).toBe(true);
  });

  test('delete removes the object and is idempotent', async () => {
    await store().put('rw/deleted', bytes('x'));
    await store().delete('rw/deleted');
    expect(await store().get('rw/deleted')).toBeUndefined();
    await store().delete('rw/deleted');
    await store().put('rw/deleted', bytes('again'));
    expect(text((await store().get('rw/deleted'))?.body)).toBe('again');
  });
}

function bodyTests(store: () => ObjectStore): void {
  test('an empty body is an object', async () => {
    await store().put('rw/empty', new Uint8Array(0));
    const read = await store().get('rw/empty');
    expect(read?.body.length).toBe(0);
    expect(read?.size).toBe(0);
    expect((await store().get('rw/empty', { range: { offset: 0, length: 4 } }))?.body.length).toBe(0);
  });

  test('the store keeps no reference to the caller’s buffer, nor gives out its own', async () => {
    const body = bytes('abc');
    await store().put('rw/owned', body);
    body.fill(0);
    const read = await store().get('rw/owned');
    expect(text(read?.body)).toBe('abc');
    read?.body.fill(0);
    expect(text((await store().get('rw/owned'))?.body)).toBe('abc');
  });

  test('every byte value survives, and so does a body of 9 MiB', async () => {
    const body = pattern(9 * 2 ** 20);
    await store().put('rw/large', body);
    const read = await store().get('rw/large');
    expect(read?.size).toBe(body.length);
    expect(sameBytes(read?.body ?? bytes(''), body)).toBe(true);
  });
}

function rangeTests(store: () => ObjectStore): void {
  test.each([
    [{ offset: 0, length: 3 }, '012'],
    [{ offset: 4, length: 2 }, '45'],
    [{ offset: 7 }, '789'],
    [{ offset: 8, length: 100 }, '89'],
    [{ offset: 10 }, ''],
    [{ offset: 500, length: 1 }, ''],
  ])('range %j reads %j', async (range, expected) => {
    await store().put('rw/range', bytes('0123456789'));
    const read = await store().get('rw/range', { range });
    expect(text(read?.body)).toBe(expected);
    expect(read?.size).toBe(10);
    expect(read?.etag).toBe((await store().head('rw/range'))?.etag);
  });

  test.each([
    { offset: -1 },
    { offset: 0.5 },
    { offset: 0, length: 0 },
    { offset: 0, length: -2 },
    { offset: Number.NaN },
  ])('range %j is refused', async (range) => {
    await expect(store().get('rw/range', { range })).rejects.toThrow(RangeError);
  });
}

function keyTests(store: () => ObjectStore): void {
  test('odd keys are all distinct objects that list under their own names', async () => {
    for (const key of ODD_KEYS) await store().put(`odd/${key}`, bytes(key));
    for (const key of ODD_KEYS) expect(text((await store().get(`odd/${key}`))?.body)).toBe(key);
    const listed = await store().list('odd/');
    expect(new Set(listed.entries.map((entry) => entry.key))).toEqual(new Set(ODD_KEYS.map((key) => `odd/${key}`)));
    for (const key of ODD_KEYS) await store().delete(`odd/${key}`);
    expect((await store().list('odd/')).entries).toEqual([]);
  });

  test('a key may be the beginning of another, with and without a slash', async () => {
    for (const key of ['rw/nest', 'rw/nest/a', 'rw/nest/a/b', 'rw/nesting']) await store().put(key, bytes(key));
    for (const key of ['rw/nest', 'rw/nest/a', 'rw/nest/a/b', 'rw/nesting']) {
      expect(text((await store().get(key))?.body)).toBe(key);
    }
    await store().delete('rw/nest');
    expect(text((await store().get('rw/nest/a'))?.body)).toBe('rw/nest/a');
  });

  test.each(['', '/abs', 'a/../b', 'a//b', 'dir/', 'nul\0'])('key %j is refused by every method', async (key) => {
    const none = (async function* (): AsyncGenerator<Uint8Array> {})();
    const calls = [
      () => store().put(key, bytes('x')),
      () => store().get(key),
      () => store().head(key),
      () => store().delete(key),
      () => store().getStream(key),
      () => store().putStream(key, none),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(InvalidKeyError);
  });
}
