import { MemoryObjectStore } from '@preheat/adapters/memory';
import { UnknownOutcomeError } from '@preheat/ports';
import type { PutOptions } from '@preheat/ports';
import { objectStoreConformance } from '@preheat/ports/conformance';
import { expect, test } from 'vitest';
import { FaultyStore, StoreUnavailableError } from './faulty-store.js';
import type { StoreFaults } from './faulty-store.js';
import { createSimulation } from './simulation.js';
import type { Simulation } from './simulation.js';
import { WatchedStore } from './watched-store.js';

const ONCE: PutOptions = { condition: { kind: 'absent' } };
const BODY = Buffer.from('x');

function underTest(faults: StoreFaults): { simulation: Simulation; inner: MemoryObjectStore; store: FaultyStore } {
  const simulation = createSimulation(0);
  const inner = new MemoryObjectStore(simulation);
  return { simulation, inner, store: new FaultyStore(inner, { ...simulation, faults }) };
}

objectStoreConformance('a faulty store without faults', async () => ({
  store: underTest({}).store,
  close: async () => {},
}));

test('a conflict writes nothing, and strikes conditional writes only', async () => {
  const { store, inner } = underTest({ conflict: 1 });
  expect(await store.put('a', BODY, ONCE)).toEqual({ ok: false, reason: 'conflict' });
  expect(await inner.head('a')).toBeUndefined();
  expect((await store.put('a', BODY)).ok).toBe(true);
});

test('a time-out before the commit writes nothing, one after it writes', async () => {
  const before = underTest({ timeoutBeforeCommit: 1 });
  await expect(before.store.put('a', BODY, ONCE)).rejects.toThrow(UnknownOutcomeError);
  expect(await before.inner.head('a')).toBeUndefined();
  const after = underTest({ timeoutAfterCommit: 1 });
  await expect(after.store.put('a', BODY, ONCE)).rejects.toThrow(UnknownOutcomeError);
  expect(await after.inner.head('a')).toBeDefined();
});

test('a late commit is missed by a read-back, arrives later, and still obeys its condition', async () => {
  const { simulation, store, inner } = underTest({ lateCommit: 1, lateCommitMaxMs: 1000 });
  await expect(store.put('late', BODY, ONCE)).rejects.toThrow(UnknownOutcomeError);
  await expect(store.put('taken', BODY, ONCE)).rejects.toThrow(UnknownOutcomeError);
  expect(await store.head('late')).toBeUndefined();
  await inner.put('taken', Buffer.from('someone else was first'));
  await simulation.clock.run(store.settled());
  expect(await inner.head('late')).toBeDefined();
  expect((await inner.head('taken'))?.size).toBe(22);
  expect(simulation.log.lines.filter((line) => line.includes('late write arrived'))).toHaveLength(2);
});

test('an unavailable store fails reads, listings and deletes without doing them', async () => {
  const { store, inner } = underTest({ unavailable: 1 });
  await inner.put('a', BODY);
  for (const call of [store.get('a'), store.head('a'), store.list(''), store.delete('a'), store.getStream('a')]) {
    await expect(call).rejects.toThrow(StoreUnavailableError);
  }
  expect(await inner.head('a')).toBeDefined();
});

test('latency takes virtual time, at most the stated one', async () => {
  const { simulation, store } = underTest({ latencyMaxMs: 100 });
  const startMs = simulation.clock.nowMs();
  for (let i = 0; i < 20; i++) await simulation.clock.run(store.put('a', BODY));
  const tookMs = simulation.clock.nowMs() - startMs;
  expect(tookMs).toBeGreaterThan(20 * 10);
  expect(tookMs).toBeLessThan(20 * 100);
});

test('a write refused after its commit is there, and strikes conditional writes only', async () => {
  const { store, inner } = underTest({ refusedAfterCommit: 1 });
  expect(await store.put('a', BODY, ONCE)).toEqual({ ok: false, reason: 'precondition' });
  expect(await inner.head('a')).toBeDefined();
  expect((await store.put('b', BODY)).ok).toBe(true);
});

test('a stale listing lacks what is new and shows what is gone, for a while', async () => {
  const { simulation, store } = underTest({ staleList: 1, staleListMaxMs: 1_000 });
  const names = async () => (await store.list('')).entries.map(({ key }) => key);
  await store.put('old', BODY);
  await simulation.clock.advance(5_000);
  await store.put('new', BODY);
  await store.delete('old');
  const seen = new Set<string>();
  for (let i = 0; i < 20; i++) seen.add((await names()).join());
  expect([...seen].sort()).toContain('old');
  await simulation.clock.advance(5_000);
  expect(await names()).toEqual(['new']);
});

test('a healed store only takes its time', async () => {
  const { store, inner } = underTest({ unavailable: 1, timeoutBeforeCommit: 1, conflict: 1 });
  store.heal();
  expect((await store.put('a', BODY, ONCE)).ok).toBe(true);
  expect(await store.get('a')).toBeDefined();
  expect(await inner.head('a')).toBeDefined();
});

test('a watched store reports what took effect, not what was told', async () => {
  const simulation = createSimulation(0);
  const seen: string[] = [];
  const watcher = { written: (key: string) => seen.push(key), deleted: (key: string) => seen.push(`- ${key}`) };
  const watched = new WatchedStore(new MemoryObjectStore(simulation), watcher as never);
  const store = new FaultyStore(watched, { ...simulation, faults: { timeoutAfterCommit: 1 } });
  await expect(store.put('a', BODY)).rejects.toThrow(UnknownOutcomeError);
  await watched.put('a', BODY, ONCE);
  await store.delete('a');
  expect(seen).toEqual(['a', '- a']);
});
