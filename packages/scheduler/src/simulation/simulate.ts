/** Plays a workload under a policy and sums up what it cost. */
import type { Prices } from '../policy.js';
import type { Ledger } from './ledger.js';
import type { SimulationOptions } from './simulation-options.js';
import type { Halves, Workload } from './workload.js';
import { World } from './world.js';

export function simulate<M>(work: Workload, options: SimulationOptions<M>): World<M> {
  return new World(work, options).run();
}

/** What was learned on the first half is known at the start of the second; no runner is. */
export function simulateSecondHalf<M>({ train, test }: Halves, options: SimulationOptions<M>): World<M> {
  return simulate(test, { ...options, learned: simulate(train, options).learned() });
}

/** J in runner-milliseconds: idle and starting runners, and users that wait. */
export function costOf(ledger: Ledger, { runner, waiting }: Prices): number {
  const { idleMs, startupMs, delayMs } = ledger.total();
  return runner * (idleMs + startupMs) + waiting * delayMs;
}
