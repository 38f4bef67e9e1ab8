/** Conformance: prefix, order, pages and delimiters of listings. */
import { expect, test } from 'vitest';
import { lastName, listAll } from '../list-all.js';
import { compareKeys } from '../object-key.js';
import { LIST_LIMIT_MAX } from '../object-store.js';
import type { ListOptions, ListResult, ObjectStore } from '../object-store.js';
import { bytes } from './bytes.js';

export function listingTests(store: () => ObjectStore): void {
  test('entries carry what head reports, in key order, only below the prefix', async () => {
    await putAll(store(), 'order/', ['b', 'a/x', 'a', 'a-b', 'a0', 'B', 'é', '\uff5e', '🎲', 'a/x/y']);
    await store().put('orders-not-below', bytes(''));
    const { entries, commonPrefixes, truncated } = await store().list('order/');
    expect(entries.map((entry) => entry.key.slice('order/'.length))).toEqual(
      ['b', 'a/x', 'a', 'a-b', 'a0', 'B', 'é', '\uff5e', '🎲', 'a/x/y'].sort(compareKeys),
    );
    expect([commonPrefixes, truncated]).toEqual([[], false]);
    for (const { key, ...meta } of entries) expect(await store().head(key)).toEqual(meta);
  });

  test('a prefix may end inside a segment, and an unknown prefix lists nothing', async () => {
    await putAll(store(), 'prefix/', ['job_1/a', 'job_12/b', 'job_2/c', 'file']);
    expect(names(await store().list('prefix/job_1'))).toEqual(['prefix/job_1/a', 'prefix/job_12/b']);
    expect(names(await store().list('prefix/job_1/'))).toEqual(['prefix/job_1/a']);
    expect(names(await store().list('prefix/file'))).toEqual(['prefix/file']);
    for (const prefix of ['prefix/nothing', 'prefix/file/', 'no/such/']) {
      expect(await store().list(prefix)).toEqual({ entries: [], commonPrefixes: [], truncated: false });
    }
  });

  test('pages neither lose nor repeat a key, whatever the page size', async () => {
    const keys = Array.from({ length: 23 }, (_, i) => `${String(i % 5)}/${String(i).padStart(2, '0')}`);
    await putAll(store(), 'pages/', keys);
    const expected = keys.map((key) => `pages/${key}`).sort(compareKeys);
    for (const limit of [1, 5, 22, 23, 24]) {
      const pages = await allPages(store(), 'pages/', { limit });
      expect(pages.flatMap(names)).toEqual(expected);
      expect(pages).toHaveLength(Math.ceil(expected.length / limit));
    }
    const walked: string[] = [];
    for await (const entry of listAll(store(), 'pages/', { startAfter: expected[1] ?? '', pageSize: 7 }))
      walked.push(entry.key);
    expect(walked).toEqual(expected.slice(2));
  });

  test('startAfter need not be an existing key', async () => {
    await putAll(store(), 'after/', ['a', 'c', 'e']);
    expect(names(await store().list('after/', { startAfter: 'after/b' }))).toEqual(['after/c', 'after/e']);
    expect(names(await store().list('after/', { startAfter: 'after/c' }))).toEqual(['after/e']);
    expect(names(await store().list('after/', { startAfter: 'a' }))).toHaveLength(3);
    expect(names(await store().list('after/', { startAfter: 'z' }))).toEqual([]);
  });

  test('a delimiter folds what lies deeper, and pages count folded names once', async () => {
    await putAll(store(), 'fold/', ['a', 'b/1', 'b/2', 'b/3/4', 'c', 'd/1', 'e']);
    const folded = await store().list('fold/', { delimiter: '/' });
    expect(names(folded)).toEqual(['fold/a', 'fold/c', 'fold/e']);
    expect(folded.commonPrefixes).toEqual(['fold/b/', 'fold/d/']);
    for (const limit of [1, 2, 3, 5]) {
      const pages = await allPages(store(), 'fold/', { delimiter: '/', limit });
      expect(pages.flatMap(names)).toEqual(names(folded));
      expect(pages.flatMap((page) => page.commonPrefixes)).toEqual(folded.commonPrefixes);
      expect(pages).toHaveLength(Math.ceil(5 / limit));
    }
  });

  test.each([0, -1, 1.5, LIST_LIMIT_MAX + 1, Number.NaN])('limit %d is refused', async (limit) => {
    await expect(store().list('', { limit })).rejects.toThrow(RangeError);
  });
}

async function putAll(store: ObjectStore, prefix: string, keys: string[]): Promise<void> {
  for (const key of keys) await store.put(prefix + key, bytes(key));
}

async function allPages(store: ObjectStore, prefix: string, options: ListOptions): Promise<ListResult[]> {
  const pages: ListResult[] = [];
  let startAfter: string | undefined;
  do {
    const page = await store.list(prefix, startAfter === undefined ? options : { ...options, startAfter });
    pages.push(page);
    startAfter = page.truncated ? lastName(page) : undefined;
  } while (startAfter !== undefined);
  return pages;
}

function names(page: ListResult): string[] {
  return page.entries.map((entry) => entry.key);
}
