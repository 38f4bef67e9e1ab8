/**
 * What every ObjectStore must do, run against each adapter. Adapters differ in speed and in what stores the bytes,
 * never in an outcome that this file observes.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { ObjectStore } from '../object-store.js';
import { conditionalWriteTests } from './conditional-writes.js';
import { listingTests } from './listings.js';
import { readWriteTests } from './reads-and-writes.js';
import { streamTests } from './streams.js';

export interface StoreHarness {
  /** May be shared by the whole suite: every test works under its own key prefix. */
  readonly store: ObjectStore;
  close(): Promise<void>;
}

/** Registers the suite with vitest under `name`. `makeStore` is called once and must return an empty store. */
export function objectStoreConformance(
  name: string,
  makeStore: () => Promise<StoreHarness>,
  { raceRetries = 0 }: { readonly raceRetries?: number } = {},
): void {
  describe(`${name} is an ObjectStore`, () => {
    let harness: StoreHarness;
    beforeAll(async () => {
      harness = await makeStore();
    });
    afterAll(() => harness?.close());
    const store = (): ObjectStore => harness.store;
    describe('reads and writes', () => readWriteTests(store));
    describe('conditional writes', () => conditionalWriteTests(store, raceRetries));
    describe('listings', () => listingTests(store));
    describe('streams', () => streamTests(store));
  });
}
