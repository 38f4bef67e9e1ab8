/** Each baseline against the numbers of its paper or its code. */
import { describe, expect, it } from 'vitest';
import type { Action, Lease, Memory, Policy, PolicyEvent, PoolView } from '../../policy.js';
import { breakEven, randomisedSkiRental } from './fixed-linger.js';
import { greedyDual } from './greedy-dual.js';
import { hybridHistogram } from './hybrid-histogram.js';
import { kedaSqs } from './keda-sqs.js';
import { knativeKpa } from './knative-kpa.js';
import { rainbowCake } from './rainbow-cake.js';

const MINUTE_MS = 60_000;
const view = (nowMs: number, over: Partial<PoolView> = {}): PoolView => ({
  ...{ nowMs, prices: { runner: 1, waiting: 9 }, leases: [], queued: 0, backlogMs: 0 },
  ...{ bootMs: 0, loadMs: 38_000, evictedPriority: 0, ...over },
});
const ARRIVAL: PolicyEvent = { type: 'submitted', model: 'a', estimateMs: 1_000 };
const RELEASE: PolicyEvent = { type: 'released', model: 'a' };
const TICK: PolicyEvent = { type: 'tick' };
const busy = (count: number): Lease[] =>
  Array.from({ length: count }, (_, id) => ({ id, state: 'busy', model: 'a', freeAtMs: 0 }));

/** Feeds events to a policy and gives the actions of the last one. */
function play<M>(policy: Policy<M>, events: readonly (readonly [PolicyEvent, PoolView])[]): readonly Action[] {
  let memory: Memory<M> = { own: policy.nothing, pooled: policy.nothing };
  let actions: readonly Action[] = [];
  for (const [event, seen] of events) {
    const decision = policy.decide(seen, event, memory);
    ({ actions } = decision);
    memory = decision;
  }
  return actions;
}

/** Idle for each of these times, one after the other, and released at last. */
function idleFor(idleMs: readonly number[]): [PolicyEvent, PoolView][] {
  let nowMs = 0;
  const events = idleMs.flatMap((ms): [PolicyEvent, PoolView][] => {
    const released = nowMs;
    nowMs += ms;
    return [
      [RELEASE, view(released)],
      [ARRIVAL, view(nowMs)],
    ];
  });
  return [...events, [RELEASE, view(nowMs)]];
}

it('ski rental stays for what a start costs, the randomised one for less', () => {
  expect(play(breakEven, [[RELEASE, view(0)]])).toEqual([{ type: 'linger', forMs: 380_000 }]);
  const stays = [0, 0.5, 1].map(
    (uniform) =>
      play(
        randomisedSkiRental(() => uniform),
        [[RELEASE, view(0)]],
      )[0],
  );
  expect(stays.map((stay) => (stay?.type === 'linger' ? Math.round(stay.forMs) : null))).toEqual([0, 235_644, 380_000]);
});

describe('hybrid histogram', () => {
  it('stays for four hours while it knows no pattern', () => {
    expect(play(hybridHistogram, idleFor([]))).toEqual([{ type: 'linger', forMs: 240 * MINUTE_MS }]);
  });

  it('returns at nine tenths of the head and stays to eleven tenths of the tail', () => {
    expect(play(hybridHistogram, idleFor(new Array<number>(20).fill(10.5 * MINUTE_MS)))).toEqual([
      { type: 'linger', forMs: 0 },
      { type: 'warm', afterMs: 9 * MINUTE_MS, forMs: expect.closeTo((12.1 - 9) * MINUTE_MS, 3) as number },
    ]);
  });

  it('forecasts when most idle times are beyond its range', () => {
    const [leave, warm] = play(hybridHistogram, idleFor([300, 300, 300].map((minutes) => minutes * MINUTE_MS)));
    expect(leave).toEqual({ type: 'linger', forMs: 0 });
    expect(warm).toEqual({ type: 'warm', afterMs: 255 * MINUTE_MS, forMs: 90 * MINUTE_MS });
  });
});

it('RainbowCake stays for the 0.8 quantile of Poisson arrivals, at most what its bound allows', () => {
  const arrivals = [0, 10_000, 20_000, 30_000].map((ms): [PolicyEvent, PoolView] => [ARRIVAL, view(ms)]);
  const stay = play(rainbowCake, [...arrivals, [RELEASE, view(31_000)]]);
  expect(stay).toEqual([{ type: 'linger', forMs: 60_000 }]);
  const rare = [0, 3_600_000].map((ms): [PolicyEvent, PoolView] => [ARRIVAL, view(ms)]);
  expect(play(rainbowCake, [...rare, [RELEASE, view(3_601_000)]])).toEqual([{ type: 'linger', forMs: 73_922 }]);
});

it('Greedy-Dual values a runner by clock, frequency and cost', () => {
  const twice: [PolicyEvent, PoolView][] = [
    [ARRIVAL, view(0)],
    [ARRIVAL, view(1)],
  ];
  const [stay] = play(greedyDual, [...twice, [RELEASE, view(2, { evictedPriority: 5 })]]);
  expect(stay).toEqual({ type: 'linger', forMs: Infinity, priority: 5 + 2 * 38_000 });
});

describe('Knative', () => {
  const ticks = (from: number, count: number, over: Partial<PoolView>): [PolicyEvent, PoolView][] =>
    Array.from({ length: count }, (_, i) => [TICK, view((from + i) * 2_000, over)]);

  it('wants a job for 0.7 of a runner, and wakes one at zero at once', () => {
    expect(play(knativeKpa, ticks(0, 30, { leases: busy(1) }))).toEqual([{ type: 'scale', to: 2 }]);
    expect(play(knativeKpa, [[ARRIVAL, view(0)]])).toEqual([{ type: 'wake' }]);
  });

  it('panics at twice what there is and then sends nobody away for a minute', () => {
    const burst: [PolicyEvent, PoolView][] = [...ticks(0, 30, {}), ...ticks(30, 3, { leases: busy(1), queued: 9 })];
    expect(play(knativeKpa, burst)).toEqual([{ type: 'scale', to: 15 }]);
    expect(play(knativeKpa, [...burst, ...ticks(33, 20, { leases: busy(0) })])).toEqual([{ type: 'scale', to: 15 }]);
  });

  it('leaves 30 s after a minute without work', () => {
    const quiet = ticks(1, 14, {});
    expect(play(knativeKpa, quiet)).toEqual([{ type: 'scale', to: 1 }]);
    expect(play(knativeKpa, [...quiet, ...ticks(15, 3, {})])).toEqual([{ type: 'scale', to: 0 }]);
  });
});

it('KEDA wants a runner for five messages, and leaves 300 s after the last', () => {
  const active: [PolicyEvent, PoolView] = [TICK, view(30_000, { queued: 9, leases: busy(2) })];
  expect(play(kedaSqs, [active])).toEqual([{ type: 'scale', to: 3 }]);
  expect(play(kedaSqs, [active, [TICK, view(300_000)]])).toEqual([{ type: 'scale', to: 1 }]);
  expect(play(kedaSqs, [active, [TICK, view(330_000)]])).toEqual([{ type: 'scale', to: 0 }]);
});
