/** A pool of simulated runners: leases, and the messages that wait for them. */
import type { Lease } from '../policy.js';
import type { Job } from './workload.js';

export interface Runner extends Lease {
  state: Lease['state'];
  model: string | null;
  freeAtMs: number;
  readonly pool: Pool;
  readonly bornMs: number;
  /** Counts what it did, so that an expiry or end that was planned before is recognised as stale. */
  version: number;
  priority: number;
  work: Work | null;
  startedMs: number;
  startupMs: number;
  /** Of a boot that takes no time in this run but is waited for all the same. */
  owedDelayMs: number;
  lastWorkedMs: number;
  /** How long a runner that was started ahead of any job stays. */
  warmForMs: number | null;
}

export interface Work {
  readonly job: Job;
  readonly estimateMs: number;
}

export interface Message extends Work {
  /** Since when it waits. */
  readonly sinceMs: number;
  /** When runners that hold its model see it. */
  readonly visibleAtMs: number;
  /** When every runner sees it. */
  readonly offeredAtMs: number;
}

export interface Pool {
  readonly name: string;
  readonly runners: Runner[];
  readonly messages: Message[];
  backlogMs: number;
  isTicking: boolean;
  /** Runners that were asked for and have no room yet. */
  owedWakes: number;
}

export const newPool = (name: string): Pool => ({
  name,
  runners: [],
  messages: [],
  backlogMs: 0,
  isTicking: false,
  owedWakes: 0,
});

export interface Match {
  readonly runner: Runner;
  readonly message: Message;
}

/** The first message that an idle runner may take, and the runner: one that holds the model, else the one idle for longest. */
export function nextMatch(pool: Pool, nowMs: number, hasAffinity: boolean): Match | null {
  for (const message of pool.messages) {
    if (message.visibleAtMs > nowMs) continue;
    const runner = idleRunnerFor(pool, message, nowMs, hasAffinity);
    if (runner) return { runner, message };
  }
  return null;
}

function idleRunnerFor(pool: Pool, { job, offeredAtMs }: Message, nowMs: number, hasAffinity: boolean): Runner | null {
  let [affine, other]: [Runner | null, Runner | null] = [null, null];
  for (const runner of pool.runners) {
    if (runner.state !== 'idle') continue;
    const holdsIt = runner.model === job.key;
    // Of runners that hold the model the last one used: those idle for longest may leave.
    if ((holdsIt || !hasAffinity) && (!affine || runner.freeAtMs >= affine.freeAtMs)) affine = runner;
    // Of the others the one idle for longest: what it holds is least likely to be asked for again.
    if (!holdsIt && (!other || runner.freeAtMs < other.freeAtMs)) other = runner;
  }
  return affine ?? (offeredAtMs <= nowMs ? other : null);
}

type Start = Pick<Runner, 'model' | 'bornMs' | 'freeAtMs' | 'startupMs' | 'warmForMs' | 'owedDelayMs'>;

export function newRunner(id: number, pool: Pool, start: Start): Runner {
  return { id, pool, state: 'starting', version: 0, work: null, startedMs: 0, priority: 0, lastWorkedMs: 0, ...start };
}

/** The idle runner that goes first when there is no room. */
export function leastPriority(pools: Iterable<Pool>): Runner | null {
  let least: Runner | null = null;
  for (const { runners } of pools) {
    for (const runner of runners) {
      if (runner.state === 'idle' && (!least || runner.priority < least.priority)) least = runner;
    }
  }
  return least;
}
