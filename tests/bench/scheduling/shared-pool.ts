/**
 * One pool for all models of GenTD26: a runner boots in 180 s and loads a model in 38 s. Compared on the second half, with fixed
 * ends (as the bound O3 needs) and with ends that move with late starts (as it would be).
 */
import { placeJob, type Policy, type Prices, sharedPoolPolicy } from '@preheat/scheduler';
import {
  constantMs,
  halves,
  sharedPoolOracle,
  simulate,
  type SimulationOptions,
  summarise,
  type Summary,
  workload,
  type Workload,
} from '@preheat/scheduler/simulation';
import { anyMemory, policyNamed } from './policies.js';
import { traceNamed } from './traces.js';

const [BOOT_MS, LOAD_MS] = [180_000, 38_000];
/** Windows on which the exact bound is computed, and the jobs of each. */
const [WINDOWS, WINDOW_JOBS] = [6, 400];

export interface SharedCase {
  readonly name: string;
  readonly policy: () => Policy<unknown>;
  readonly isShared: boolean;
  readonly hasAffinity: boolean;
  /** Whether it is shown with ends that move too. */
  readonly hasMovingEnds?: boolean;
}

const shared = (name: string, policy: () => Policy<unknown>, over: Partial<SharedCase> = {}): SharedCase => ({
  ...{ name, policy, isShared: true, hasAffinity: true, ...over },
});

export const SHARED_CASES: readonly SharedCase[] = [
  { name: 'per key, fixed 300 s', policy: () => policyNamed('fixed-300'), isShared: false, hasAffinity: true },
  { name: 'per key, learned', policy: () => policyNamed('learned'), isShared: false, hasAffinity: true },
  shared('shared, no affinity, fixed 300 s', () => policyNamed('fixed-300'), { hasAffinity: false }),
  shared('shared, affinity, fixed 300 s', () => policyNamed('fixed-300'), { hasMovingEnds: true }),
  shared('shared, affinity, fixed 600 s', () => policyNamed('fixed-600'), { hasMovingEnds: true }),
  shared('shared, affinity, learned', () => anyMemory({ ...sharedPoolPolicy, decide: wakingAtOnce })),
];
/** Only where starts take time can a job wait for a busy runner. */
export const PLACED_CASES: readonly SharedCase[] = [
  shared('shared, affinity, fixed 600 s, placed', () => placed(policyNamed('fixed-600'))),
  shared('shared, affinity, learned, placed', () => anyMemory(sharedPoolPolicy)),
];

export function sharedOptions(test: SharedCase, lambda: number, isShifted: boolean): SimulationOptions<unknown> {
  const { isShared, hasAffinity } = test;
  const prices: Prices = { runner: 1, waiting: lambda };
  return {
    ...{ policy: test.policy(), prices, bootMs: constantMs(BOOT_MS), loadMs: constantMs(LOAD_MS) },
    ...{ isShared, hasAffinity, isShifted },
  };
}

export function sharedSummary(test: SharedCase, lambda: number, isShifted: boolean): Summary {
  const { train, test: work } = halves(traceNamed('gentd26').load());
  const options = sharedOptions(test, lambda, isShifted);
  const learned = simulate(train, options).learned();
  return summarise(work, simulate(work, { ...options, learned }).ledger, options.prices);
}

/** J/O3 over windows of the second half; each starts without runners, for the policy as for the bound. */
export function sharedPoolRatio(test: SharedCase, lambda: number): number {
  const { train, test: work } = halves(traceNamed('gentd26').load());
  const options = sharedOptions(test, lambda, false);
  const learned = simulate(train, options).learned();
  let [paid, least] = [0, 0];
  for (const window of windowsOf(work)) {
    paid += summarise(window, simulate(window, { ...options, learned }).ledger, options.prices).costS * 1000;
    least += sharedPoolOracle(window.jobs, { prices: options.prices, bootMs: BOOT_MS, loadMs: LOAD_MS });
  }
  return paid / least;
}

export function windowsOf({ name, jobs }: Workload): Workload[] {
  const stride = Math.floor((jobs.length - WINDOW_JOBS) / (WINDOWS - 1));
  return Array.from({ length: WINDOWS }, (_, i) => workload(name, jobs.slice(i * stride, i * stride + WINDOW_JOBS)));
}

/** Where starts take no time nobody waits for a busy runner: a job without an idle one wakes another. */
const wakingAtOnce: typeof sharedPoolPolicy.decide = (view, event, memory) => {
  const decision = sharedPoolPolicy.decide(view, event, memory);
  const isServed = view.leases.some(({ state }) => state === 'idle');
  return event.type === 'submitted' ? { ...decision, actions: isServed ? [] : [{ type: 'wake' }] } : decision;
};

function placed(policy: Policy<unknown>): Policy<unknown> {
  return {
    ...policy,
    decide: (view, event, memory) => {
      const decision = policy.decide(view, event, memory);
      return event.type === 'submitted' ? { ...decision, actions: placeJob(view, event.model) } : decision;
    },
  };
}
