/**
 * One pool for each key, without a bound: where O1 is exact. Chosen and learned on the first half, reported on the second. Ends
 * are fixed, as O1 needs; compulsory starts are in both costs.
 */
import type { Prices } from '@preheat/scheduler';
import {
  bootstrapRatio,
  clairvoyantFloor,
  constantMs,
  costOf,
  halves,
  type Halves,
  type Interval,
  keepAliveOracle,
  type Ledger,
  simulate,
  type SimulationOptions,
  simulateSecondHalf,
} from '@preheat/scheduler/simulation';
import { policyNamed } from './policies.js';
import { LAMBDAS, type TraceCase } from './traces.js';

/** Policies whose decisions depend on prices. */
const PRICED = ['break-even', 'randomised-ski-rental', 'learned'];
const TUNED_OVER_S = [0, 30, 60, 120, 180, 300, 450, 600, 900, 1200, 1800, 3600];
const DAY_MS = 86_400_000;
const SEED = 11;

export const PER_KEY_POLICIES = [
  ...['none', 'fixed-60', 'fixed-300', 'fixed-600', 'fixed-1200', 'fixed-3600', 'break-even'],
  ...['randomised-ski-rental', 'hybrid-histogram', 'rainbow-cake', 'learned'],
];

export interface Ratio {
  readonly policy: string;
  readonly lambda: number;
  readonly ratio: number;
  readonly interval: Interval;
}

const pricesAt = (waiting: number): Prices => ({ runner: 1, waiting });

const oraclePrices = ({ startMs }: { readonly startMs: number }, lambda: number) => {
  return { idlePrice: 1, missCost: startMs * (1 + lambda) };
};

export function perKeyOptions(policy: string, startMs: number, lambda: number): SimulationOptions<unknown> {
  return {
    ...{ policy: policyNamed(policy), prices: pricesAt(lambda), bootMs: constantMs(0), loadMs: constantMs(startMs) },
    ...{ isShared: false, hasAffinity: true, isShifted: false },
  };
}

export interface PerKeyResult {
  readonly ratios: readonly Ratio[];
  /** O2/O1 for each of LAMBDAS: what knowing the future could save beyond O1. */
  readonly floors: readonly number[];
  /** Starts that nobody could avoid. */
  readonly compulsory: number;
  readonly jobs: number;
}

export function perKeyResult(trace: TraceCase, policies: readonly string[]): PerKeyResult {
  const runs = new Runs(halves(trace.load()), trace.startMs);
  const ratios = LAMBDAS.flatMap((lambda) => {
    const tuned = tunedSeconds(runs, lambda);
    const named = policies.map((policy) => ratioOf(runs, lambda, policy));
    return [...named, { ...ratioOf(runs, lambda, `fixed-${tuned}`), policy: `tuned fixed (${tuned} s)` }];
  });
  const { jobs } = runs.split.test;
  const { compulsory } = keepAliveOracle(jobs, { idlePrice: 1, missCost: trace.startMs });
  const least = clairvoyantFloor(jobs, 1, trace.startMs);
  const floors = LAMBDAS.map((lambda) => least / keepAliveOracle(jobs, oraclePrices(trace, lambda)).cost);
  return { ratios, floors, compulsory, jobs: jobs.length };
}

/** Most policies do not look at prices: what they do is simulated once and priced for every λ. */
class Runs {
  readonly split: Halves;
  readonly startMs: number;
  readonly #ledgers = new Map<string, Ledger>();

  constructor(split: Halves, startMs: number) {
    this.split = split;
    this.startMs = startMs;
  }

  ledger(half: 'train' | 'test', policy: string, lambda: number): Ledger {
    const seesPrices = PRICED.includes(policy);
    const name = `${half} ${policy} ${seesPrices ? lambda : ''}`;
    const options = perKeyOptions(policy, this.startMs, lambda);
    const run = () =>
      half === 'train' ? simulate(this.split.train, options) : simulateSecondHalf(this.split, options);
    const ledger = this.#ledgers.get(name) ?? run().ledger;
    this.#ledgers.set(name, ledger);
    return ledger;
  }
}

/** The fixed time that would have cost least on the first half. */
function tunedSeconds(runs: Runs, lambda: number): number {
  const costs = TUNED_OVER_S.map((seconds) => {
    return { seconds, cost: costOf(runs.ledger('train', `fixed-${seconds}`, lambda), pricesAt(lambda)) };
  });
  return costs.reduce((best, next) => (next.cost < best.cost ? next : best)).seconds;
}

function ratioOf(runs: Runs, lambda: number, policy: string): Ratio {
  const ledger = runs.ledger('test', policy, lambda);
  const { jobs } = runs.split.test;
  const bound = keepAliveOracle(jobs, oraclePrices(runs, lambda));
  const bounds = new Map<number, number>();
  for (const { id, arriveMs } of jobs) {
    const day = Math.floor(arriveMs / DAY_MS);
    bounds.set(day, (bounds.get(day) ?? 0) + (bound.costs[id] as number));
  }
  const days = [...new Set([...bounds.keys(), ...ledger.days.keys()])];
  const paid = days.map((day) => {
    const costs = ledger.days.get(day);
    return costs ? costs.idleMs + costs.startupMs + lambda * costs.delayMs : 0;
  });
  const least = days.map((day) => bounds.get(day) ?? 0);
  const ratio = costOf(ledger, pricesAt(lambda)) / bound.cost;
  return { policy, lambda, ratio, interval: bootstrapRatio(paid, least, SEED) };
}
