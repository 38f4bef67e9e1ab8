/** The kit judged on a small real protocol: a counter kept by compare-and-swap under every fault at once. */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { UnknownOutcomeError } from '@preheat/ports';
import type { ObjectStore, PutCondition } from '@preheat/ports';
import { expect, test } from 'vitest';
import { FaultyQueue } from './faulty-queue.js';
import { FaultyStore, StoreUnavailableError } from './faulty-store.js';
import { runSeeds, SeedFailure } from './run-seeds.js';
import { createSimulation } from './simulation.js';
import type { Simulation } from './simulation.js';

const STORE_FAULTS = {
  latencyMaxMs: 50,
  conflict: 0.1,
  timeoutBeforeCommit: 0.1,
  timeoutAfterCommit: 0.1,
  lateCommit: 0.1,
  unavailable: 0.1,
};
const QUEUE_FAULTS = { loss: 0.2, duplicate: 0.2, delay: 0.3, delayMaxMs: 3000, reorder: 0.5, lostDelete: 0.2 };
const INCREMENTS = 4;

type Writes = readonly string[];

/** Adds `writeId` to the list of writes exactly once, however often it must try. */
async function addOnce(store: ObjectStore, writeId: string, { clock }: Simulation): Promise<void> {
  for (;;) {
    try {
      const current = await store.get('writes');
      const writes = current === undefined ? [] : (JSON.parse(Buffer.from(current.body).toString()) as Writes);
      if (writes.includes(writeId)) return;
      const condition: PutCondition = current ? { kind: 'match', etag: current.etag } : { kind: 'absent' };
      const result = await store.put('writes', Buffer.from(JSON.stringify([...writes, writeId])), { condition });
      if (result.ok) return;
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError || error instanceof StoreUnavailableError)) throw error;
    }
    await clock.sleep(20);
  }
}

/** Three writers, each ringing a doorbell after every write; the bells change nothing but the trace. */
async function scenario(simulation: Simulation): Promise<void> {
  const { clock, random, ids, log } = simulation;
  const inner = new MemoryObjectStore({ clock });
  const store = new FaultyStore(inner, { clock, log, random: random.fork('store'), faults: STORE_FAULTS });
  const bells = new MemoryWorkQueue<string>({ clock });
  const queue = new FaultyQueue(bells, { log, random: random.fork('queue'), faults: QUEUE_FAULTS });
  const write = async (writer: string): Promise<void> => {
    for (let n = 0; n < INCREMENTS; n++) {
      const writeId = ids.next(`${writer}-`);
      await addOnce(store, writeId, simulation);
      log.info('written', { writeId });
      await queue.send(writeId);
    }
  };
  await Promise.all(['a', 'b', 'c'].map(write));
  const heard = await queue.receive({ maxMessages: 10, waitMs: 5000, visibilityTimeoutMs: 1000 });
  log.info('heard', { messages: heard.map((delivery) => delivery.message) });
  for (const { receipt } of heard) await queue.delete(receipt);
  await store.settled();
  const stored = await inner.get('writes');
  const writes = JSON.parse(Buffer.from(stored?.body ?? []).toString()) as Writes;
  expect(writes).toHaveLength(3 * INCREMENTS);
  expect(new Set(writes).size).toBe(3 * INCREMENTS);
}

test('the same seeds give the same traces, different seeds different ones', async () => {
  const first = await runSeeds(25, scenario);
  const second = await runSeeds(25, scenario);
  expect(second).toEqual(first);
  expect(new Set(first.map((trace) => trace.join('\n'))).size).toBe(25);
});

test('the seeds together meet every fault', async () => {
  const trace = (await runSeeds(25, scenario)).flat().join('\n');
  const { latencyMaxMs: _, ...storeFaults } = STORE_FAULTS;
  const { delayMaxMs: __, ...queueFaults } = QUEUE_FAULTS;
  for (const fault of [...Object.keys(storeFaults), ...Object.keys(queueFaults)]) {
    expect(trace).toContain(`fault: ${fault}`);
  }
  expect(trace).toContain('"outcome":"precondition"');
});

test('a writer that trusts an unknown outcome is caught, with the seed that shows it', async () => {
  const trusting = async (simulation: Simulation): Promise<void> => {
    const { clock, log, random } = simulation;
    const inner = new MemoryObjectStore({ clock });
    const store = new FaultyStore(inner, { clock, log, random, faults: { timeoutBeforeCommit: 0.05 } });
    await store.put('job', Buffer.from('x')).catch(() => undefined);
    if ((await inner.head('job')) === undefined) throw new Error('the job was lost');
  };
  const failure = await runSeeds(200, trusting).catch((error: unknown) => error);
  if (!(failure instanceof SeedFailure)) throw new Error('No seed caught it');
  expect(failure.message).toContain(`Seed ${failure.seed} failed: the job was lost`);
  expect(failure.message).toContain('fault: timeoutBeforeCommit');
  await expect(runSeeds(200, trusting, { only: failure.seed })).rejects.toThrow(`Seed ${failure.seed} failed`);
});

test('a scenario that can never end is a failure, not a hanging test', async () => {
  await expect(runSeeds(1, () => new Promise(() => {}))).rejects.toThrow(/no timer is left/);
});

test('simulations share nothing and start alike', () => {
  const [a, b] = [createSimulation(1), createSimulation(1)];
  expect(a.ids.next('x')).toBe(b.ids.next('x'));
  expect(a.random.float()).toBe(b.random.float());
  a.log.child({ part: 'a' }).warn('only here', { error: new Error('boom') });
  expect(a.log.lines).toEqual(['0 warn only here {"part":"a","error":"Error: boom"}']);
  expect(b.log.lines).toEqual([]);
});
