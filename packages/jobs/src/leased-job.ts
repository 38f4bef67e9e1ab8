/**
 * The runner's hold on one job. Every write is a compare-and-swap on the version this runner last saw. When somebody else
 * wrote in between (a user pausing, or another runner after this one's lease ran out) the document is read again: if the
 * lease is still ours the change is applied on top, else the job is lost, `lost` aborts, and no later write can succeed.
 */
import {
  type CheckpointRecord,
  InvariantError,
  type JobDocument,
  type JobError,
  KEYS,
  type Lease,
  MAX_CHECKPOINTS,
  type NewEvent,
  type Progress,
} from '@preheat/contracts';
import type { Clock, ObjectStore } from '@preheat/ports';
import type { Versioned } from './document-store.js';
import { appendEvents } from './event-log.js';
import type { JobStore } from './job-store.js';
import { hasExpired, renewLease, takeLease } from './lease.js';
import { type JobEvent, transition } from './transitions.js';

/** The lease is no longer ours: stop at once, write nothing. */
export class LostLeaseError extends Error {
  override readonly name = 'LostLeaseError';
}

export interface LeaseDependencies {
  readonly jobs: JobStore;
  readonly store: ObjectStore;
  readonly clock: Clock;
}

type Patch = Partial<JobDocument>;

export class LeasedJob {
  readonly lease: Lease;
  readonly #deps: LeaseDependencies;
  readonly #ttlMs: number;
  readonly #lost = new AbortController();
  #stored: Versioned<JobDocument>;
  #pendingEvents: NewEvent[] = [];
  #progress: Progress | null;
  /** Writes one after the other: the heartbeat's timer and the training loop share this hold. */
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(deps: LeaseDependencies, stored: Versioned<JobDocument>, lease: Lease, ttlMs: number) {
    this.#deps = deps;
    this.#stored = stored;
    this.lease = lease;
    this.#ttlMs = ttlMs;
    this.#progress = stored.document.progress;
  }

  /** Takes the job if it may run. Undefined: gone, ended, paused, or somebody else has it. */
  static async acquire(
    deps: LeaseDependencies,
    jobId: string,
    runnerId: string,
    ttlMs: number,
  ): Promise<LeasedJob | undefined> {
    const current = await deps.jobs.read(jobId);
    if (!current) return undefined;
    const job = afterExpiry(current.document, deps.clock.nowMs());
    const state = job && transition(job.state, 'lease');
    if (!job || state !== 'running') return undefined;
    const lease = takeLease(job, runnerId, deps.clock.nowMs(), ttlMs);
    const writeId = deps.jobs.documents.nextWriteId();
    const next = { ...job, state, lease, epoch: lease.epoch, progress: progressOnTakeover(job), writeId };
    const result = await deps.jobs.documents.replace(KEYS.job(jobId), current, next);
    return result.ok ? new LeasedJob(deps, result.stored, lease, ttlMs) : undefined;
  }

  /** The document as last written or seen. */
  get job(): JobDocument {
    return this.#stored.document;
  }

  /** Aborts when the job was cancelled or taken over. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether a user asked for a pause: checkpoint, then `release`. */
  get isPausing(): boolean {
    return this.job.state === 'pausing';
  }

  /** Queues an event; it is written with the next heartbeat, checkpoint or end. */
  record(event: NewEvent): void {
    this.#pendingEvents.push(event);
  }

  setProgress(progress: Progress): void {
    this.#progress = progress;
  }

  /** Renews the lease, writes queued events and progress. */
  heartbeat(): Promise<void> {
    return this.#write(() => ({}));
  }

  /**
   * Makes a complete, verified bundle the place to resume from. Progress makes earlier failures forgotten. `announcement` is
   * logged by the same write: a successor that resumes here never repeats it, so it must not be lost with this runner.
   */
  checkpoint(record: CheckpointRecord, announcement?: NewEvent): Promise<void> {
    const change = (job: JobDocument): Patch => ({
      resume: record,
      checkpoints: [...job.checkpoints.filter((known) => known.step !== record.step), record].slice(-MAX_CHECKPOINTS),
      trainedTokens: record.trainedTokens,
      attempts: 0,
    });
    return this.#write(change, announcement && [announcement]);
  }

  succeed(fineTunedModel: string): Promise<void> {
    return this.#end('succeed', (nowMs) => ({ fineTunedModel, finishedAtMs: nowMs }));
  }

  fail(error: JobError): Promise<void> {
    return this.#end('fail', (nowMs) => ({ error, finishedAtMs: nowMs }));
  }

  /**
   * The attempt failed for a reason that another attempt may not meet (a store that could not be reached). Counts like a
   * death of the runner: the job goes back to the queue, or fails once it has failed too often.
   */
  attemptFailed(error: JobError): Promise<void> {
    return this.#write((job, nowMs) => {
      const attempts = job.attempts + 1;
      const state = transition(job.state, attempts >= job.maxAttempts ? 'exhaust' : 'expire');
      if (state === null) throw new InvariantError(`an attempt failed on a job that is ${job.state}`);
      const ended = state === 'failed' ? { error, finishedAtMs: nowMs } : { rungAtMs: nowMs };
      return { ...ended, state, lease: null, attempts };
    });
  }

  /** Gives the job back: to the queue, or to `paused` when that was asked for. */
  release(): Promise<void> {
    return this.#end('release', () => ({ rungAtMs: this.#deps.clock.nowMs() }));
  }

  #end(event: JobEvent, patch: (nowMs: number) => Patch): Promise<void> {
    return this.#write((job, nowMs) => {
      const state = transition(job.state, event);
      if (state === null) throw new InvariantError(`a runner may not ${event} a job that is ${job.state}`);
      return { ...patch(nowMs), state, lease: null };
    });
  }

  /** @param own Events that are logged if and only if this write happens. */
  #write(change: (job: JobDocument, nowMs: number) => Patch, own: readonly NewEvent[] = []): Promise<void> {
    const next = this.#tail.then(() => this.#swap(change, own));
    this.#tail = next.catch(() => undefined);
    return next;
  }

  async #swap(change: (job: JobDocument, nowMs: number) => Patch, own: readonly NewEvent[]): Promise<void> {
    const { jobs, store, clock } = this.#deps;
    const events = this.#pendingEvents;
    this.#pendingEvents = [];
    let isOurs = false;
    try {
      const stored = await jobs.documents.update(KEYS.job(this.job.id), async (job, writeId) => {
        isOurs = jobs.pieces.isHeldBy(job, this.lease);
        if (!isOurs) return undefined;
        const nowMs = clock.nowMs();
        const logged = await appendEvents(store, job, [...events, ...own], nowMs, writeId);
        const renewed = { lease: renewLease(this.lease, nowMs, this.#ttlMs), progress: this.#progress };
        return { ...job, ...logged, ...renewed, ...change(job, nowMs) };
      });
      if (isOurs && stored) this.#stored = stored;
    } catch (error) {
      this.#pendingEvents = [...events, ...this.#pendingEvents];
      throw error;
    }
    if (isOurs) return;
    this.#lost.abort(new LostLeaseError(`job ${this.job.id} was cancelled or taken over`));
    throw this.#lost.signal.reason;
  }
}

/** Progress as of the place to resume from: what came after it will be done again. */
function progressOnTakeover({ progress, resume }: JobDocument): Progress | null {
  if (progress === null || resume === null) return null;
  const { phaseIndex, phaseStep, step } = resume;
  const phaseSteps = progress.phaseIndex === phaseIndex ? progress.phaseSteps : null;
  return { ...progress, phaseIndex, phaseStep, step, phaseSteps, tokensPerSecond: null, etaSeconds: null };
}

/** The document as it stands once an expired lease is counted; undefined while somebody alive holds it. */
export function afterExpiry(job: JobDocument, nowMs: number): JobDocument | undefined {
  if (job.lease === null) return job;
  if (!hasExpired(job, nowMs)) return undefined;
  const attempts = job.attempts + 1;
  const event: JobEvent = attempts >= job.maxAttempts ? 'exhaust' : 'expire';
  const state = transition(job.state, event);
  if (state === null) throw new InvariantError(`a ${job.state} job holds a lease`);
  const error = {
    code: 'runner_lost',
    message: `The runner died ${attempts} times without reaching a checkpoint in between; the job was stopped.`,
    param: null,
  };
  const ended = state === 'failed' ? { error, finishedAtMs: nowMs } : {};
  return { ...job, ...ended, state, lease: null, attempts };
}
