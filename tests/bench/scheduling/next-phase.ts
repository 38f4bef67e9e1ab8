/** Chains of phases over the arrivals of Philly: what the next phase waits for with and without starts ahead of time (D4, D5). */
import {
  type ChainResult,
  halves,
  inSequence,
  quantile,
  sampledBootMs,
  sampledLoadMs,
  simulateChains,
  workload,
} from '@preheat/scheduler/simulation';
import { traceNamed } from './traces.js';

const SEED = 5;
const BOOT_MEDIAN_MS = 180_000;
/** Every so many jobs of the second half: jobs do not influence each other here. */
const EVERY = 4;

export interface ChainRow {
  readonly early: number;
  readonly failed: number;
  readonly isWarmedAhead: boolean;
  readonly result: ChainResult;
}

/** Phases that end as planned, and two shares that end early or fail, unforeseen. */
export function chainRows(): ChainRow[] {
  const { name, jobs } = halves(traceNamed('philly').load()).test;
  const work = workload(
    name,
    jobs.filter((_, index) => index % EVERY === 0),
  );
  const load = sampledLoadMs(SEED);
  const runnerStart = inSequence(sampledBootMs(SEED, BOOT_MEDIAN_MS), load);
  const fixed = { prices: { runner: 1, waiting: 9 }, runnerStart, sessionStart: load, planError: 0.3, seed: SEED };
  return [
    { early: 0, failed: 0 },
    { early: 0.03, failed: 0.05 },
    { early: 0.1, failed: 0.05 },
  ].flatMap(({ early, failed }) =>
    [false, true].map((isWarmedAhead) => {
      const result = simulateChains(work, { ...fixed, isWarmedAhead, earlyShare: early, failedShare: failed });
      return { early, failed, isWarmedAhead, result };
    }),
  );
}

const secondsAt = (delaysMs: readonly number[], share: number): string =>
  (
    quantile(
      delaysMs.toSorted((a, b) => a - b),
      share,
    ) / 1000
  ).toFixed(1);

export function chainTable(rows: readonly ChainRow[]): string[][] {
  return rows.map(({ early, failed, isWarmedAhead, result }) => {
    const { phaseDelaysMs, sessionDelaysMs, busyMs, startupMs, idleMs } = result;
    const hours = (ms: number): string => (ms / 3_600_000).toFixed(0);
    return [
      `${early * 100} % / ${failed * 100} %`,
      isWarmedAhead ? 'ahead' : 'at the end',
      ...[0.5, 0.95, 0.99].map((share) => secondsAt(phaseDelaysMs, share)),
      secondsAt(sessionDelaysMs, 0.95),
      hours(startupMs + idleMs),
      hours(startupMs + idleMs + busyMs),
    ];
  });
}
