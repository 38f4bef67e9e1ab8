/** Sweeps of the ledger while capacity is held, over the virtual clock. */
import { CapacityHolds, sweepJobs } from '@preheat/jobs';
import { expect, it } from 'vitest';
import { JobWorld, LEASE_TTL_MS } from './job-world.js';

const RING_AFTER_MS = 30_000;

it('while capacity is held the sweeper rings for no job that only waits, takes leases and counts retries as ever, and rings once it is lifted', async () => {
  const world = new JobWorld();
  const holds = new CapacityHolds(world.deps);
  const [waiting, running] = [await world.created(), await world.created()];
  const drain = async () => {
    const found = await world.queue.receive({ maxMessages: 10, waitMs: 0, visibilityTimeoutMs: 1000 });
    for (const { receipt } of found) await world.queue.delete(receipt);
    return found.map(({ message }) => message);
  };
  const sweep = () => sweepJobs(world.jobs, world.deps, { ringAfterMs: RING_AFTER_MS });
  const etagOf = async (id: string) => (await world.jobs.read(id))?.etag;
  await drain();
  await holds.set({ sinceMs: world.clock.nowMs(), untilMs: null, reason: 'spent', running: 'finish' });
  const before = await etagOf(waiting.id);
  for (let death = 1; death <= 2; death++) {
    expect(await world.acquire(running.id, 'r1')).toBeDefined();
    await world.clock.advance(LEASE_TTL_MS + 1000);
    expect(await sweep()).toMatchObject({ seen: 2, rung: 0, expired: 1 });
  }
  await drain();
  // A retry becomes due, once.
  await world.clock.advance(30_000);
  expect(await sweep()).toMatchObject({ rung: 1 });
  expect(await drain()).toEqual([{ kind: 'job', jobId: running.id }]);
  await world.clock.advance(60 * 60_000);
  expect(await sweep()).toMatchObject({ rung: 0 });
  expect([await drain(), await etagOf(waiting.id)]).toEqual([[], before]);
  await holds.lift('operator');
  expect(await sweep()).toMatchObject({ rung: 2 });
});
