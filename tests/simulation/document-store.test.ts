import { MemoryObjectStore } from '@preheat/adapters/memory';
import { IdempotencyRecord } from '@preheat/contracts';
import { DocumentStore } from '@preheat/jobs';
import { type ObjectStore, UnknownOutcomeError, VirtualClock } from '@preheat/ports';
import { expect, it } from 'vitest';
import { CountingIds } from './job-world.js';

const KEY = 'documents/one';
const first = { schemaVersion: 1, writeId: 'w0', jobId: 'a', bodyDigest: 'x', createdAtMs: 0 } as const;

function stores() {
  const store: ObjectStore = new MemoryObjectStore({ clock: new VirtualClock() });
  const ids = new CountingIds();
  return { store, documents: new DocumentStore(store, IdempotencyRecord, ids) };
}

it('applies a change once although its answer was lost and somebody wrote on top before the read-back', async () => {
  const { store, documents } = stores();
  await documents.create(KEY, first);
  const { put } = store;
  store.put = async (key, body, options) => {
    store.put = put;
    await put.call(store, key, body, options);
    await documents.update(KEY, (current) => ({ ...current, bodyDigest: `${current.bodyDigest}-other` }));
    throw new UnknownOutcomeError(key);
  };
  const count = (current: IdempotencyRecord) => ({ ...current, createdAtMs: current.createdAtMs + 1 });
  const stored = await documents.update(KEY, count);
  expect(stored?.document).toMatchObject({ createdAtMs: 1, bodyDigest: 'x-other' });
  expect((await documents.read(KEY))?.document).toMatchObject({ createdAtMs: 1, bodyDigest: 'x-other' });
});

it('applies it again when it really was lost', async () => {
  const { store, documents } = stores();
  await documents.create(KEY, first);
  const { put } = store;
  store.put = (key) => {
    store.put = put;
    return Promise.reject(new UnknownOutcomeError(key));
  };
  const stored = await documents.update(KEY, (current) => ({ ...current, createdAtMs: current.createdAtMs + 1 }));
  expect(stored?.document.createdAtMs).toBe(1);
});

it('remembers a bounded number of writes', async () => {
  const { documents } = stores();
  await documents.create(KEY, first);
  for (let i = 0; i < 30; i++) await documents.update(KEY, (current) => ({ ...current, createdAtMs: i }));
  expect((await documents.read(KEY))?.document.recentWriteIds).toHaveLength(8);
});
