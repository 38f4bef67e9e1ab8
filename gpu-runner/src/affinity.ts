/**
 * For how long this runner leaves a job to others that hold its model in memory, by the rule that the simulator judges. The ledger
 * says who holds what, so there is one queue and no copy of a message for each model. What runners say of themselves may be minutes old or
 * missing: that costs a load or a bounded wait, and never decides who runs a job.
 */
import type { RunnerRecord } from '@preheat/contracts';
import {
  type JobStore,
  RunnerRegistry,
  type RunnerRegistryDependencies,
  type WaitingEntry,
  waitingKey,
} from '@preheat/jobs';
import { keptForMs, type Lease, LONGEST_KEEP_MS } from '@preheat/scheduler';
import type { HeldModels } from './held-models.js';

/** In which a runner that waits for messages hears one that was rung for it: what saves less is not worth leaving a job. */
export const HAND_OVER_MS = 1_000;

export interface AffinityDependencies extends RunnerRegistryDependencies {
  readonly runnerId: string;
  readonly jobs: Pick<JobStore, 'read'>;
  readonly heldModels?: HeldModels;
}

/** A job that is left to others. */
export interface KeptJob {
  readonly jobId: string;
  /** From now; then whoever is free takes it. */
  readonly forMs: number;
  /** Whether one of them is free, and has to be told of it. */
  readonly isForIdle: boolean;
}

/** What one look at the queue knows of the other runners. */
export class Affinity {
  readonly #deps: AffinityDependencies;
  #others: Promise<readonly RunnerRecord[]> | undefined;

  constructor(deps: AffinityDependencies) {
    this.#deps = deps;
  }

  /** Undefined: this runner takes the job if it can. */
  async keepOf({ key, jobId, isAhead, sinceMs }: WaitingEntry): Promise<KeptJob | undefined> {
    const { heldModels, jobs, clock } = this.#deps;
    // Whoever had begun waits for nobody, and where no model outlives its job there is nothing to save.
    if (!heldModels || isAhead || clock.nowMs() - sinceMs >= LONGEST_KEEP_MS) return undefined;
    const job = (await jobs.read(jobId))?.document;
    // Nobody is to wait for a job that does not wait here any more.
    if (job?.state !== 'queued' || waitingKey(job) !== key) return undefined;
    const prefix = job.resume ? undefined : job.startsFrom?.prefix;
    if (prefix === undefined || heldModels.holds(prefix)) return undefined;
    const others = await (this.#others ??= this.#read());
    const holders = others.filter((runner) => loadOf(runner, prefix) !== undefined);
    // What reading it took them is what it would take here.
    const loadMs = Math.min(...holders.map((runner) => loadOf(runner, prefix) ?? 0));
    if (loadMs <= HAND_OVER_MS) return undefined;
    const leases = holders.map((runner, id) => leaseOf(runner, id, prefix));
    const forMs = keptForMs({ nowMs: clock.nowMs(), sinceMs, loadMs, leases }, prefix);
    return forMs > 0 ? { jobId, forMs, isForIdle: leases.some(({ state }) => state === 'idle') } : undefined;
  }

  /** None when they cannot be read: then this runner takes what is next. */
  async #read(): Promise<readonly RunnerRecord[]> {
    const { runnerId, log } = this.#deps;
    try {
      const alive = await new RunnerRegistry(this.#deps).alive();
      return alive.filter(({ id }) => id !== runnerId);
    } catch (error) {
      log.warn('the records of other runners could not be read; no job is left to them', { error });
      return [];
    }
  }
}

const loadOf = ({ warmModels }: RunnerRecord, prefix: string): number | undefined =>
  warmModels.find((held) => held.prefix === prefix)?.loadMs;

function leaseOf({ job }: RunnerRecord, id: number, model: string): Lease {
  if (!job) return { id, model, state: 'idle', freeAtMs: 0 };
  const freeAtMs = job.endsAtMs ? (job.endsAtMs.earliest + job.endsAtMs.latest) / 2 : Infinity;
  return { id, model, state: 'busy', freeAtMs };
}
