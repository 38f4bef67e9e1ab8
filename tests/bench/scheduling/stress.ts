/** GenTD26's second half under what the comparison leaves out: autoscalers, a bound on runners, a real queue, sampled starts. */
import { type Policy, scaledPoolPolicy, sharedPoolPolicy } from '@preheat/scheduler';
import {
  cappedPoolOracle,
  constantMs,
  costOf,
  halves,
  type Halves,
  inSequence,
  mostAtOnce,
  sampledBootMs,
  sampledLoadMs,
  simulate,
  type SimulationOptions,
  summarise,
  type Summary,
} from '@preheat/scheduler/simulation';
import { anyMemory, policyNamed } from './policies.js';
import { windowsOf } from './shared-pool.js';
import { traceNamed } from './traces.js';

const PRICES = { runner: 1, waiting: 9 };
const [BOOT_MS, LOAD_MS, BACKLOG_TARGET_MS] = [180_000, 38_000, 30_000];

const COMMON = {
  ...{ prices: PRICES, bootMs: constantMs(BOOT_MS), loadMs: constantMs(LOAD_MS) },
  ...{ isShared: true, hasAffinity: true, isShifted: true },
};

const secondHalf = ({ train, test }: Halves, options: SimulationOptions<unknown>): Summary => {
  const learned = simulate(train, options).learned();
  return summarise(test, simulate(test, { ...options, learned }).ledger, options.prices);
};

export interface StressRow {
  readonly name: string;
  readonly summary: Summary;
}

const SCALERS: Readonly<Record<string, () => Policy<unknown>>> = {
  'Knative KPA': () => policyNamed('kpa'),
  KEDA: () => policyNamed('keda'),
  'fixed 600 s': () => policyNamed('fixed-600'),
  'learned, placed (ours)': () => anyMemory(sharedPoolPolicy),
  'learned, backlog panic (ours)': () => anyMemory(scaledPoolPolicy(BACKLOG_TARGET_MS)),
};

/** Who decides how many runners there are (D7): one shared pool, ends that move with late starts. */
export function scalerRows(): StressRow[] {
  const split = halves(traceNamed('gentd26').load());
  return Object.entries(SCALERS).map(([name, policy]) => ({
    name,
    summary: secondHalf(split, { ...COMMON, policy: policy() }),
  }));
}

/** Sampled starts; messages that come late, and one in twenty twice (D2). */
export function deliveryRows(): StressRow[] {
  const split = halves(traceNamed('gentd26').load());
  const loadMs = sampledLoadMs(3);
  const sampled = { ...COMMON, bootMs: inSequence(sampledBootMs(3, BOOT_MS), constantMs(0)), loadMs };
  // Not random but spread evenly: 0.1 to 2 s, every twentieth twice, the second a minute later.
  const delivery = {
    delayMs: (job: number, copy: number) => 100 + ((job * 7919) % 1900) + copy * 60_000,
    copies: (job: number) => (job % 20 === 0 ? 2 : 1),
  };
  const run = (options: SimulationOptions<unknown>): Summary => secondHalf(split, options);
  return [
    { name: 'constant starts', summary: run({ ...COMMON, policy: anyMemory(sharedPoolPolicy) }) },
    { name: 'sampled starts', summary: run({ ...sampled, policy: anyMemory(sharedPoolPolicy) }) },
    { name: 'sampled, queue', summary: run({ ...sampled, delivery, policy: anyMemory(sharedPoolPolicy) }) },
    { name: 'sampled, queue, fixed 600 s', summary: run({ ...sampled, delivery, policy: policyNamed('fixed-600') }) },
  ];
}

/** J/O4 over windows of the second half, each with two runners more than run at once at most. */
export function cappedRatios(): { readonly name: string; readonly ratio: number }[] {
  const { train, test } = halves(traceNamed('gentd26').load());
  const common = { ...COMMON, isShared: false, isShifted: false, bootMs: constantMs(0) };
  const windows = windowsOf(test).map((window) => {
    const cap = mostAtOnce(window.jobs) + 2;
    return { window, cap, bound: cappedPoolOracle(window.jobs, { prices: PRICES, bootMs: 0, loadMs: LOAD_MS }, cap) };
  });
  const least = windows.reduce((sum, { bound }) => sum + bound, 0);
  return ['greedy-dual', 'fixed-300', 'break-even', 'learned'].map((name) => {
    const options = { ...common, policy: bounded(policyNamed(name)) };
    const learned = simulate(train, options).learned();
    const paid = windows.map(({ window, cap }) =>
      costOf(simulate(window, { ...options, cap, learned }).ledger, PRICES),
    );
    return { name, ratio: paid.reduce((sum, cost) => sum + cost, 0) / least };
  });
}

/** Greedy-Dual never lets a runner go by time; a window has to end, so six hours are the longest stay. */
function bounded(policy: Policy<unknown>): Policy<unknown> {
  const LONGEST_MS = 6 * 3_600_000;
  return {
    ...policy,
    decide(view, event, memory) {
      const decision = policy.decide(view, event, memory);
      const actions = decision.actions.map((action) =>
        action.type === 'linger' ? { ...action, forMs: Math.min(action.forMs, LONGEST_MS) } : action,
      );
      return { ...decision, actions };
    },
  };
}
