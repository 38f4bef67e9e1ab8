/** The bounds against exhaustive search and against each other, on random instances. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Job, workload } from '../workload.js';
import { minimumCostAssignment } from './assignment.js';
import { clairvoyantFloor, keepAliveOracle } from './keep-alive-oracle.js';
import { cappedPoolOracle, mostAtOnce, sharedPoolOracle } from './path-cover-oracle.js';

const PRICES = { runner: 1, waiting: 3 };
const job = fc.record({
  key: fc.constantFrom('a', 'b'),
  arriveMs: fc.nat(200),
  serviceMs: fc.integer({ min: 1, max: 40 }),
});
const jobsOf = (rows: readonly Omit<Job, 'id'>[]): readonly Job[] => workload('random', rows).jobs;
const some = (maxLength: number) => fc.array(job, { minLength: 1, maxLength }).map(jobsOf);

describe('assignment', () => {
  it('is the cheapest of all permutations', () => {
    const matrix = fc
      .integer({ min: 1, max: 6 })
      .chain((size) =>
        fc.array(fc.nat(50), { minLength: size * size, maxLength: size * size }).map((costs) => ({ size, costs })),
      );
    fc.assert(
      fc.property(matrix, ({ size, costs }) => {
        const { cost, columns } = minimumCostAssignment(Float64Array.from(costs), size);
        const best = permutations(size).map((order) =>
          order.reduce((sum, c, r) => sum + (costs[r * size + c] ?? 0), 0),
        );
        expect(cost).toBe(Math.min(...best));
        expect([...columns].sort()).toEqual([...columns.keys()]);
      }),
    );
  });
});

describe('O1', () => {
  it('equals the minimum-cost assignment of arrivals to releases on 3,000 random instances', () => {
    fc.assert(
      fc.property(some(9), fc.nat(120), (jobs, missCost) => {
        const bound = keepAliveOracle(jobs, { idlePrice: 1, missCost });
        expect(bound.cost).toBe(assigned(jobs, missCost));
      }),
      { numRuns: 3000 },
    );
  });

  it('is never below O2, which may start runners ahead', () => {
    fc.assert(
      fc.property(some(20), (jobs) => {
        const { cost } = keepAliveOracle(jobs, { idlePrice: 1, missCost: 40 * (1 + 3) });
        expect(clairvoyantFloor(jobs, 1, 40)).toBeLessThanOrEqual(cost);
      }),
    );
  });
});

describe('O3 and O4', () => {
  const costs = { prices: PRICES, bootMs: 20, loadMs: 5 };

  it('are the cheapest of all ways to share jobs out to runners, without and with a bound on runners', () => {
    fc.assert(
      fc.property(some(6), fc.integer({ min: 1, max: 3 }), (jobs, cap) => {
        expect(sharedPoolOracle(jobs, costs)).toBe(exhaustive(jobs, jobs.length));
        const bound = cappedPoolOracle(jobs, costs, cap);
        if (mostAtOnce(jobs) > cap) expect(bound).toBe(Infinity);
        else expect(bound).toBeCloseTo(exhaustive(jobs, cap), 1);
        expect(mostAtOnce(jobs) > cap || bound <= exhaustive(jobs, cap) + 1e-9).toBe(true);
      }),
    );
  });

  /** Every job goes to one of the runners that served before, or to a new one. */
  function exhaustive(jobs: readonly Job[], cap: number, at = 0, last: readonly Job[] = []): number {
    const next = jobs[at];
    if (!next) return 0;
    const full = 25 * (1 + 3);
    const onNew = last.length < cap ? full + exhaustive(jobs, cap, at + 1, [...last, next]) : Infinity;
    const onOld = last.map((before, runner) => {
      const gapMs = next.arriveMs - before.arriveMs - before.serviceMs;
      if (gapMs < 0) return Infinity;
      const step = Math.min(full, gapMs + (before.key === next.key ? 0 : 5 * (1 + 3)));
      return step + exhaustive(jobs, cap, at + 1, last.with(runner, next));
    });
    return Math.min(onNew, ...onOld);
  }
});

function permutations(size: number): number[][] {
  if (size === 0) return [[]];
  return permutations(size - 1).flatMap((order) =>
    Array.from({ length: size }, (_, at) => [...order.slice(0, at), size - 1, ...order.slice(at)]),
  );
}

/** Rows are arrivals, columns releases; a release that came too late stands for none. */
function assigned(jobs: readonly Job[], missCost: number): number {
  const matrix = jobs.flatMap((arrival) =>
    jobs.map((before) => {
      const gapMs = arrival.arriveMs - before.arriveMs - before.serviceMs;
      const canServe = gapMs >= 0 && before.key === arrival.key && before !== arrival;
      return canServe ? Math.min(gapMs, missCost) : missCost;
    }),
  );
  return minimumCostAssignment(Float64Array.from(matrix), jobs.length).cost;
}
