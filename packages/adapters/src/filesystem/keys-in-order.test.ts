import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareKeys, listAll, VirtualClock } from '@preheat/ports';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryObjectStore } from '../memory/index.js';
import { FilesystemObjectStore } from './filesystem-object-store.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'preheat-keys-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const clock = new VirtualClock();
const EMPTY = new Uint8Array();
const open = (name: string) => FilesystemObjectStore.open(join(folder, name), { clock });

/** Names that meet each other's pieces: times, beginnings of times, and long names with the same beginning. */
const name = fc.oneof(
  fc.constantFrom('a', 'a-', 'a0', 'A', 'é', '998220', '9982200', '99822012', '9982201234', '\u{1f3b2}', '.x', 'x.'),
  fc.integer({ min: 998_220_000_000_000, max: 998_220_012_400_000 }).map((ms) => `${ms}-id`),
  fc.integer({ min: 78, max: 83 }).map((length) => 'x'.repeat(length)),
);
const key = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));

test('a listing is that of the memory adapter, whatever the keys and wherever it begins', {
  timeout: 60_000,
}, async () => {
  let world = 0;
  const options = fc.record(
    { startAfter: key, delimiter: fc.constantFrom('/', '-'), limit: fc.integer({ min: 1, max: 5 }) },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 12 }),
      key,
      fc.nat(),
      options,
      async (keys, from, cut, wanted) => {
        const [store, memory] = [await open(`world-${world++}`), new MemoryObjectStore({ clock })];
        for (const one of keys) for (const into of [store, memory]) await into.put(one, EMPTY);
        const prefix = [...from].slice(0, cut % (from.length + 1)).join('');
        const [ours, theirs] = [await store.list(prefix, wanted), await memory.list(prefix, wanted)];
        const plain = (result: typeof ours) => ({ ...result, entries: result.entries.map((entry) => entry.key) });
        expect(plain(ours)).toEqual(plain(theirs));
      },
    ),
    { numRuns: 60 },
  );
});

test('an index that was emptied leaves nothing to read, and a writer that meets its end writes on', async () => {
  const store = await open('emptied');
  const keys = Array.from({ length: 24 }, (_, i) => `index/due/${998_220_000_000_000 + i * 90_000}-x`);
  await Promise.all(
    keys.map(async (one) => {
      for (let round = 0; round < 4; round++) {
        await store.put(one, EMPTY);
        await store.delete(one);
      }
      await store.put(one, EMPTY);
    }),
  );
  const found: string[] = [];
  for await (const entry of listAll(store, 'index/due/')) found.push(entry.key);
  expect(found).toEqual([...keys].sort(compareKeys));
  for (const one of keys) await store.delete(one);
  expect(await readdir(join(folder, 'emptied', 'objects', 'index+', 'due+'))).toEqual([]);
});
