import { describe, expect, it } from 'vitest';
import { keptForMs, placeJob } from './placement.js';
import type { Lease, PoolView } from './policy.js';

const view = (leases: readonly Lease[], over: Partial<PoolView> = {}): PoolView => ({
  ...{ nowMs: 1_000, prices: { runner: 1, waiting: 1 }, leases, queued: 0, backlogMs: 0 },
  ...{ bootMs: 180_000, loadMs: 38_000, evictedPriority: 0, ...over },
});
const lease = (state: Lease['state'], model: string | null, freeAtMs = 0): Lease => ({ id: 0, state, model, freeAtMs });

describe('placing a job', () => {
  it('wakes a runner when there is none', () => {
    expect(placeJob(view([]), 'a')).toEqual([{ type: 'wake' }]);
  });

  it('leaves a job to an idle runner, whatever it holds', () => {
    expect(placeJob(view([lease('idle', 'b')]), 'a')).toEqual([]);
    expect(placeJob(view([lease('idle', 'a')]), 'a')).toEqual([]);
  });

  it('keeps it for a runner of its model that is free before the model is loaded elsewhere', () => {
    const soon = lease('busy', 'a', 20_000);
    expect(placeJob(view([soon, lease('idle', 'b')]), 'a')).toEqual([{ type: 'offer', afterMs: 38_000 }]);
    expect(placeJob(view([lease('busy', 'a', 90_000), lease('idle', 'b')]), 'a')).toEqual([]);
  });

  it('never keeps it for longer than SQS can delay a message', () => {
    const huge = view([lease('busy', 'a', 20_000)], { loadMs: 3_600_000 });
    expect(placeJob(huge, 'a')).toEqual([{ type: 'offer', afterMs: 900_000 }]);
  });

  it('waits for a busy runner as long as a boot is worth, which is less the more waiting costs', () => {
    const busy = view([lease('busy', 'b', 101_000)]);
    expect(placeJob(busy, 'a')).toEqual([]);
    expect(placeJob({ ...busy, prices: { runner: 1, waiting: 9 } }, 'a')).toEqual([{ type: 'wake' }]);
    expect(placeJob({ ...busy, queued: 1 }, 'a')).toEqual([{ type: 'wake' }]);
  });
});

describe('a job that a free runner looks at', () => {
  const look = (leases: readonly Lease[], nowMs: number) =>
    keptForMs({ leases, nowMs, sinceMs: 1_000, loadMs: 38_000 }, 'a');

  it('is kept for another that is free before its model is loaded here, and no longer than loading takes', () => {
    expect(look([lease('busy', 'a', 20_000)], 1_000)).toBe(38_000);
    expect(look([lease('busy', 'a', 20_000)], 11_000)).toBe(28_000);
    expect(look([lease('idle', 'a')], 38_000)).toBe(1_000);
    expect(look([lease('idle', 'a')], 39_000)).toBe(0);
    expect(look([lease('idle', 'a')], 99_000)).toBe(0);
  });

  it('is taken when nobody else holds its model, or not soon', () => {
    expect(look([], 1_000)).toBe(0);
    expect(look([lease('idle', 'b')], 1_000)).toBe(0);
    expect(look([lease('busy', 'a', 39_000)], 1_000)).toBe(0);
    // Whoever holds it was to be free by now and is not: it may be any time.
    expect(look([lease('busy', 'a', 30_000)], 12_000)).toBe(27_000);
    expect(look([lease('busy', 'a', Infinity)], 12_000)).toBe(0);
  });

  it('is never kept beyond the bound, however often it is looked at', () => {
    const holder = lease('idle', 'a');
    for (let nowMs = 1_000; nowMs < 80_000; nowMs += 500) {
      expect(nowMs + look([holder], nowMs)).toBeLessThanOrEqual(Math.max(nowMs, 39_000));
    }
  });
});
