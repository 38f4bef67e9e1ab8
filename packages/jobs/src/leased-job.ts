/**
 * The runner's hold on one job. Every write is a compare-and-swap on the version this runner last saw. When somebody else
 * wrote in between (a user pausing, or another runner after this one's lease ran out) the document is read again: if the
 * lease is still ours the change is applied on top, else the job is lost, `lost` aborts, and no later write can succeed.
 */
import {
  type CheckpointRecord,
  type EndedEarly,
  InvariantError,
  isLoss,
  type JobDocument,
  type JobError,
  KEYS,
  type Lease,
  MAX_CHECKPOINTS,
  type NewEvent,
  type Progress,
} from '@preheat/contracts';
import type { Clock, ObjectStore } from '@preheat/ports';
import { afterLostAttempt } from './after-lost-attempt.js';
import { aheadSince } from './ahead-since.js';
import { keptCheckpoints } from './best-checkpoint.js';
import type { Versioned } from './document-store.js';
import { appendEvents } from './event-log.js';
import type { JobStore } from './job-store.js';
import { renewLease, takeLease } from './lease.js';
import { attemptFailedEvents, failedEvent, keptEvent, releasedEvent } from './runner-events.js';
import { retryDelayMs } from './retry-delay.js';
import { afterExpiry, lostRunner, progressOnTakeover } from './takeover.js';
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

/** The reason with which `pausing` aborts. */
const PAUSE = 'a pause was asked for';

/** What one write changes, and what it says about that: logged if and only if the write happens. */
interface Change {
  readonly patch: Patch;
  readonly events?: readonly NewEvent[];
}

/** The list has room for so many: the oldest that are not kept make it. */
function withCheckpoint(job: JobDocument, record: CheckpointRecord): CheckpointRecord[] {
  const all = [...job.checkpoints.filter((known) => known.step !== record.step), record];
  const kept = keptCheckpoints({ ...job, checkpoints: all, resume: record });
  const surplus = all.filter((one) => !kept.has(one)).slice(0, Math.max(0, all.length - MAX_CHECKPOINTS));
  return all.filter((one) => !surplus.includes(one)).slice(-MAX_CHECKPOINTS);
}

export class LeasedJob {
  readonly lease: Lease;
  readonly #deps: LeaseDependencies;
  readonly #ttlMs: number;
  readonly #lost = new AbortController();
  readonly #pausing = new AbortController();
  #stored: Versioned<JobDocument>;
  /** Recorded and not known to be written; the first is number `#firstPending` of this lease. */
  #pending: NewEvent[] = [];
  #firstPending = 0;
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

  /** Takes the job if it may run. Undefined: gone, ended, paused, somebody else has it, or it must wait for its next attempt. */
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
    // Who brings its next attempt forward clears this first: the sweeper, which counts a lost lease as well, when it is time,
    // or a resume. A message or an entry of the index may be older than the failure.
    if ((job.retryAtMs ?? null) !== null) return undefined;
    const isLost = current.document.lease !== null;
    const lease = takeLease(job, runnerId, deps.clock.nowMs(), ttlMs);
    const writeId = deps.jobs.documents.nextWriteId();
    const taken = { state, lease, epoch: lease.epoch, progress: progressOnTakeover(job) };
    const next = { ...job, ...taken, writeId };
    const result = await deps.jobs.documents.replace(KEYS.job(jobId), current, next);
    if (!result.ok) return undefined;
    const leased = new LeasedJob(deps, result.stored, lease, ttlMs);
    if (isLost) leased.record(lostRunner(job));
    return leased;
  }

  /** The document as last written or seen. */
  get job(): JobDocument {
    return this.#stored.document;
  }

  /** Aborts when the job was cancelled or taken over. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Aborts once this hold sees that a user asked for a pause: checkpoint, then `release`, also if they resumed it since. */
  get pausing(): AbortSignal {
    return this.#pausing.signal;
  }

  /** Queues an event; it is written with the next heartbeat, checkpoint or end. */
  record(event: NewEvent): void {
    this.#pending.push(event);
  }

  setProgress(progress: Progress): void {
    this.#progress = progress;
  }

  /** Renews the lease, writes queued events and progress. */
  heartbeat(): Promise<void> {
    return this.#write(() => ({ patch: {} }));
  }

  /** Passes at once while the lease lasts; whoever was stopped for longer has to ask. @throws LostLeaseError */
  async confirm(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    if (this.#deps.clock.nowMs() > (this.job.lease?.expiresAtMs ?? 0)) await this.heartbeat();
  }

  /**
   * Makes a complete, verified bundle the place to resume from. Progress makes earlier failures forgotten. `announcement` is
   * logged by the same write: a successor that resumes here never repeats it, so it must not be lost with this runner.
   * @param endedEarly The limit for which this is the last checkpoint: no successor trains on.
   */
  checkpoint(record: CheckpointRecord, announcement?: NewEvent, endedEarly: EndedEarly | null = null): Promise<void> {
    return this.#write((job) => ({
      patch: {
        ...(endedEarly && { endedEarly }),
        resume: record,
        checkpoints: withCheckpoint(job, record),
        trainedTokens: record.trainedTokens,
        attempts: 0,
      },
      events: announcement ? [announcement] : [],
    }));
  }

  /** A limit was reached without another step: no successor trains on. */
  endEarly(endedEarly: EndedEarly): Promise<void> {
    return this.#write(() => ({ patch: { endedEarly } }));
  }

  /** @param events What the log says about it, the end last. */
  succeed(fineTunedModel: string, events: readonly NewEvent[], resultFiles: string[] = []): Promise<void> {
    return this.#end('succeed', (nowMs) => ({ patch: { fineTunedModel, resultFiles, finishedAtMs: nowMs }, events }));
  }

  fail(error: JobError): Promise<void> {
    return this.#end('fail', (nowMs) => ({ patch: { error, finishedAtMs: nowMs }, events: [failedEvent(error)] }));
  }

  /**
   * The attempt failed for a reason that another attempt may not meet (a store that could not be reached). Counts like a
   * death of the runner: the job goes back to the queue, to wait for its next attempt, or ends once it has failed too often.
   */
  attemptFailed(error: JobError): Promise<void> {
    return this.#write((job, nowMs) => {
      const lost = { error: { ...error, code: 'attempt_failed' }, waitMs: retryDelayMs(job.attempts + 1) } as const;
      const next = { ...afterLostAttempt(job, lost, nowMs), rungAtMs: nowMs };
      return { patch: next, events: attemptFailedEvents(error, job, { ...job, ...next }) };
    });
  }

  /**
   * A checkpoint is damaged: the job forgets all that came after `to`, and is given back to go on from there, or from its
   * beginning. Counts like a failed attempt, so that a store that damages everything does not keep it busy for ever.
   */
  fallBack(to: CheckpointRecord | null, damaged: CheckpointRecord, event: NewEvent): Promise<void> {
    return this.#write((job, nowMs) => {
      const error = { code: 'model_damaged', message: event.message.slice(0, 4000), param: null } as const;
      const { endedEarly: before = null } = job;
      // A limit may not be reached any more; what the platform lost stays lost.
      const endedEarly = to && before && isLoss(before) ? { ...before, step: to.step } : null;
      const checkpoints = job.checkpoints.filter(({ id, step }) => id !== damaged.id && step <= (to?.step ?? -1));
      const place = { resume: to, trainedTokens: to?.trainedTokens ?? null, endedEarly, checkpoints };
      const lost = { error, waitMs: null } as const;
      const next = { ...place, ...afterLostAttempt({ ...job, ...place }, lost, nowMs), rungAtMs: nowMs };
      const told = next.state === 'failed' ? failedEvent(error) : keptEvent({ ...job, ...next });
      return { patch: next, events: told ? [event, told] : [event] };
    });
  }

  /** Gives the job back: to the queue, ahead of what has not begun, or to `paused` when that was asked for. */
  release(reason: string): Promise<void> {
    return this.#end('release', (nowMs, job) => ({
      patch: { rungAtMs: nowMs, ...aheadSince(nowMs) },
      events: [releasedEvent(job, reason)],
    }));
  }

  /** Stops a run that became worthless: paused at its last checkpoint until a user decides. */
  halt(alarm: NewEvent): Promise<void> {
    return this.#write((job, nowMs) => {
      const pausing = transition(job.state, 'pause');
      const state = pausing && transition(pausing, 'release');
      if (state === null) throw new InvariantError(`a runner may not halt a job that is ${job.state}`);
      return { patch: { state, lease: null, rungAtMs: nowMs }, events: [alarm] };
    });
  }

  /** Gives back what was leased and not begun, to the place where it waited. */
  yield(): Promise<void> {
    return this.#end('release', (nowMs, job) => ({
      patch: { rungAtMs: nowMs },
      events: job.state === 'pausing' ? [releasedEvent(job, PAUSE)] : [],
    }));
  }

  #end(event: JobEvent, change: (nowMs: number, job: JobDocument) => Change): Promise<void> {
    return this.#write((job, nowMs) => {
      const state = transition(job.state, event);
      if (state === null) throw new InvariantError(`a runner may not ${event} a job that is ${job.state}`);
      const { patch, ...events } = change(nowMs, job);
      return { patch: { ...patch, state, lease: null }, ...events };
    });
  }

  #write(change: (job: JobDocument, nowMs: number) => Change): Promise<void> {
    const next = this.#tail.then(() => this.#swap(change));
    this.#tail = next.catch(() => undefined);
    return next;
  }

  async #swap(change: (job: JobDocument, nowMs: number) => Change): Promise<void> {
    const { jobs, store, clock } = this.#deps;
    const through = this.#firstPending + this.#pending.length;
    let isOurs = false;
    const stored = await jobs.documents.update(KEYS.job(this.job.id), async (job, writeId) => {
      isOurs = jobs.pieces.isHeldBy(job, this.lease);
      if (!isOurs) return undefined;
      // What an earlier write took with it although its answer never came is in the log already.
      this.#forgetPending(job.lease?.logged ?? 0);
      const nowMs = clock.nowMs();
      const lease = { ...renewLease(this.lease, nowMs, this.#ttlMs), logged: through };
      const { patch, events = [] } = change(job, nowMs);
      const recorded = this.#pending.slice(0, through - this.#firstPending);
      const logged = await appendEvents(store, job, [...recorded, ...events], nowMs, writeId);
      return { ...job, ...logged, lease, progress: this.#progress, ...patch };
    });
    if (isOurs && stored) {
      this.#stored = stored;
      this.#forgetPending(through);
      if (stored.document.state === 'pausing') this.#pausing.abort(PAUSE);
      return;
    }
    this.#lost.abort(new LostLeaseError(`job ${this.job.id} was cancelled or taken over`));
    throw this.#lost.signal.reason;
  }

  #forgetPending(logged: number): void {
    if (logged <= this.#firstPending) return;
    this.#pending.splice(0, logged - this.#firstPending);
    this.#firstPending = logged;
  }
}
