/**
 * The jobs that died too often: what an operator lists, inspects and redrives. The ledger holds them (a message that a queue
 * gave up says nothing that the ledger does not know), so this is the same on every store and queue. A redriven job is the
 * same job: it goes on from its last checkpoint, with all its attempts ahead of it.
 */
import { isLoss, type JobDocument, KEYS, type StoredEvent } from '@preheat/contracts';
import { listAll, putIdempotent } from '@preheat/ports';
import { scheduleCollection } from './collection-entry.js';
import { appendEvents } from './event-log.js';
import type { JobStore, JobStoreDependencies } from './job-store.js';
import { transition } from './transitions.js';

export interface DeadLetter {
  readonly job: JobDocument;
  /** The newest events, newest first. */
  readonly events: readonly StoredEvent[];
}

export type RedriveOutcome =
  | { readonly ok: true; readonly job: JobDocument }
  | { readonly ok: false; readonly reason: 'not_found' | 'not_dead' };

/**
 * Failures that another attempt need not meet, and of jobs that were only to be ended; the others are the user's to mend, and a redrive
 * would only repeat them.
 */
const REDRIVABLE: ReadonlySet<string | undefined> = new Set(['runner_lost', 'attempt_failed']);

const EVENTS_SHOWN = 50;

export const isDead = ({ state, error, endedEarly = null }: JobDocument): boolean =>
  state === 'failed' && (REDRIVABLE.has(error?.code) || (endedEarly !== null && isLoss(endedEarly)));

/** Makes a dead job findable. Repeating it changes nothing. */
export async function buryJob({ store }: Pick<JobStoreDependencies, 'store'>, job: JobDocument): Promise<void> {
  await putIdempotent(store, KEYS.deadLetter(job.finishedAtMs ?? 0, job.id), new Uint8Array());
}

export class DeadLetters {
  readonly #jobs: JobStore;
  readonly #deps: JobStoreDependencies;

  constructor(jobs: JobStore, deps: JobStoreDependencies) {
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /** Newest first; at most `limit`. */
  async list(limit: number): Promise<JobDocument[]> {
    const found: JobDocument[] = [];
    for await (const { key } of listAll(this.#deps.store, KEYS.deadLetters)) {
      if (found.length >= limit) break;
      const job = (await this.#jobs.read(jobIdOf(key)))?.document;
      if (job && isDead(job)) found.push(job);
    }
    return found;
  }

  async inspect(jobId: string): Promise<DeadLetter | undefined> {
    const job = (await this.#jobs.read(jobId))?.document;
    if (!job || !isDead(job)) return undefined;
    const { events } = await this.#jobs.events(job, { limit: EVENTS_SHOWN });
    return { job, events };
  }

  /** Queues the job again. When it throws, repeat it: each step may be taken twice. */
  async redrive(jobId: string): Promise<RedriveOutcome> {
    const { store, clock } = this.#deps;
    const before = await this.#jobs.read(jobId);
    if (!before) return { ok: false, reason: 'not_found' };
    const diedAtMs = before.document.finishedAtMs;
    await scheduleCollection(store, clock.nowMs(), jobId);
    const redriven = await this.#jobs.documents.update(KEYS.job(jobId), async (job, writeId) => {
      const state = isDead(job) ? transition(job.state, 'redrive') : null;
      if (state === null) return undefined;
      const nowMs = clock.nowMs();
      const logged = await appendEvents(store, job, [REDRIVEN], nowMs, writeId);
      const redrives = (job.redrives ?? 0) + 1;
      const alive = {
        attempts: 0,
        error: null,
        finishedAtMs: null,
        rungAtMs: nowMs,
        queuedAtMs: nowMs,
        goesAhead: false,
        retryAtMs: null,
        // What was lost is mended, and the job trains on.
        endedEarly: job.endedEarly && !isLoss(job.endedEarly) ? job.endedEarly : null,
      };
      return { ...job, ...logged, ...alive, state, redrives };
    });
    const job = redriven?.document;
    // Queued already: an earlier redrive got as far as the ledger, and the rest of it is done again.
    if (job?.state !== 'queued' || (job.redrives ?? 0) === 0) return { ok: false, reason: 'not_dead' };
    await putIdempotent(store, KEYS.activeJob(jobId), new Uint8Array());
    if (diedAtMs !== null) await store.delete(KEYS.deadLetter(diedAtMs, jobId));
    await this.#jobs.ring(job);
    return { ok: true, job };
  }
}

const REDRIVEN = {
  level: 'info',
  type: 'message',
  message: 'An operator queued the job again; it goes on from its last checkpoint',
  data: { kind: 'redriven' },
} as const;

const jobIdOf = (key: string): string => key.slice(KEYS.deadLetters.length + 16);
