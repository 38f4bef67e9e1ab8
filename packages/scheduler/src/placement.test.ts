import { describe, expect, it } from 'vitest';
import { placeJob } from './placement.js';
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
