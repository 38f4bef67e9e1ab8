import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { OwnedThings } from '../test-kit/owned-things.js';
import { SharedReads } from './shared-reads.js';

let api: ApiUnderTest;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.app.close());

it('reads once for everybody who asks within a moment, and never for another project', async () => {
  const id = await new OwnedThings(api).named('job_id');
  const { jobs, clock, store } = api.deps;
  let reads = 0;
  const get = store.get.bind(store);
  store.get = (...args) => {
    reads++;
    return get(...args);
  };
  const shared = new SharedReads(jobs, clock, 250);
  const found = await Promise.all(Array.from({ length: 100 }, () => shared.get('proj-one', id)));
  expect([reads, new Set(found).size, found[0]?.id]).toEqual([1, 1, id]);
  expect(await shared.get('proj-two', id)).toBeUndefined();
  await jobs.cancel('proj-one', id);
  await api.clock.advance(250);
  expect((await shared.get('proj-one', id))?.state).toBe('cancelled');
});
