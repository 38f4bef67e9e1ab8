/**
 * O1: the least that keeping runners warm can cost when every key has its own pool without a bound, arrivals and ends are
 * fixed and nothing is started ahead. An arrival that uses a runner idle for `gap` pays gap·w; any other pays the miss cost
 * C. Matching every arrival with the last release that is still unused (last in, first out) and paying min(gap·w, C) is
 * optimal: swapping the partners of two crossing pairs leaves the sum of gaps as it is, and of equal sums min(·, C) is least
 * where the gaps differ most. The test compares it with a minimum-cost assignment.
 */
import { type Job, jobsByKey } from '../workload.js';

export interface OraclePrices {
  /** Of an idle millisecond. */
  readonly idlePrice: number;
  readonly missCost: number;
}

export interface KeepAliveBound {
  readonly cost: number;
  /** Of each job, by its id. */
  readonly costs: Float64Array;
  /** Starts that nobody could avoid: no runner of the key had been released. Included in the cost. */
  readonly compulsory: number;
}

/** @param jobs Ids are positions. */
export function keepAliveOracle(jobs: readonly Job[], { idlePrice, missCost }: OraclePrices): KeepAliveBound {
  const costs = new Float64Array(jobs.length);
  let compulsory = 0;
  for (const { job, gapMs } of lastReleaseGaps(jobs)) {
    if (gapMs === null) compulsory++;
    costs[job.id] = gapMs === null ? missCost : Math.min(gapMs * idlePrice, missCost);
  }
  return { cost: costs.reduce((sum, cost) => sum + cost, 0), costs, compulsory };
}

/**
 * O2: the least when runners may also be started ahead by someone who knows the future: nobody waits, and each gap costs its
 * idle time or the runner time of one start. No policy of any kind is below it.
 */
export function clairvoyantFloor(jobs: readonly Job[], idlePrice: number, startMs: number): number {
  const startCost = startMs * idlePrice;
  return lastReleaseGaps(jobs).reduce(
    (sum, { gapMs }) => sum + (gapMs === null ? startCost : Math.min(gapMs * idlePrice, startCost)),
    0,
  );
}

/** Each arrival with the time since the last release of its key that no other arrival used. */
export function lastReleaseGaps(jobs: readonly Job[]): { readonly job: Job; readonly gapMs: number | null }[] {
  return [...jobsByKey(jobs).values()].flatMap(gapsOfKey);
}

function gapsOfKey(jobs: readonly Job[]): { readonly job: Job; readonly gapMs: number | null }[] {
  const ends = jobs.map(({ arriveMs, serviceMs }) => arriveMs + serviceMs).sort((a, b) => a - b);
  const unused: number[] = [];
  let next = 0;
  return jobs.map((job) => {
    while (next < ends.length && (ends[next] as number) <= job.arriveMs) unused.push(ends[next++] as number);
    const releasedMs = unused.pop();
    return { job, gapMs: releasedMs === undefined ? null : job.arriveMs - releasedMs };
  });
}
