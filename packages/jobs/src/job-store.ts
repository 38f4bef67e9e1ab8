/**
 * The API's view of jobs: create (idempotent), read, list, and the requests of a user. The store is the ledger and the
 * queue a doorbell: an acknowledged job is in the store and in the index of active jobs before the answer goes out, so
 * losing the message costs time, never the job.
 */
import {
  type JobDocument,
  JobDocument as JobDocumentSchema,
  KEYS,
  type NewEvent,
  type Publication,
  type StoredEvent,
  TERMINAL_STATES,
} from '@preheat/contracts';
import {
  type Clock,
  type Ids,
  type JsonValue,
  type Log,
  listPages,
  type ObjectStore,
  putIdempotent,
  type WorkQueue,
} from '@preheat/ports';
import { scheduleCollection } from './collection-entry.js';
import { DocumentStore, type Versioned } from './document-store.js';
import { appendEvents, eventsSince, newestEvents } from './event-log.js';
import { IdempotencyLedger, type RequestIdentity, type ReservedId } from './idempotency.js';
import { type EvalOf, listEval, storeEval } from './job-eval.js';
import { JOB_PIECES, type JobPieces } from './job-pieces.js';
import { ownedBy } from './owned-by.js';
import { type JobEvent, transition } from './transitions.js';
import { markOfJob, markUse } from './use-marks.js';
import { waitingKey } from './waiting-jobs.js';

export interface JobStoreDependencies {
  readonly store: ObjectStore;
  readonly queue: WorkQueue<JsonValue>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly pieces?: Partial<JobPieces>;
}

/** What a validated create request decides; the store adds identity, time and the initial state. */
export type NewJob = Pick<
  JobDocument,
  | 'model'
  | 'trainingFile'
  | 'validationFile'
  | 'suffix'
  | 'seed'
  | 'metadata'
  | 'method'
  | 'phases'
  | 'publication'
  | 'priority'
  | 'limits'
  | 'guards'
  | 'preflight'
  | 'retention'
  | 'startsFrom'
  | 'uses'
>;

/** A request that was checked. */
export interface PreparedJob {
  readonly request: NewJob;
  /** The eval that the job comes with, if it comes with one. */
  readonly evalOf?: EvalOf | undefined;
}

export type CreateOutcome =
  | { readonly ok: true; readonly job: JobDocument; readonly repeated: boolean }
  | { readonly ok: false; readonly reason: 'idempotency_mismatch' };

const MISMATCH = { ok: false, reason: 'idempotency_mismatch' } as const;

export type RequestOutcome =
  | { readonly ok: true; readonly job: JobDocument }
  | { readonly ok: false; readonly reason: 'not_found' }
  /** The table refuses the request in this state. */
  | { readonly ok: false; readonly reason: 'refused'; readonly job: JobDocument };

export interface ListOptions {
  /** Id of the last job of the previous page. */
  readonly after?: string;
  readonly limit: number;
  /** Only jobs that carry all these pairs; null: only jobs without metadata. */
  readonly metadata?: Readonly<Record<string, string>> | null;
}

/** Leases a job may lose without progress in between before it is failed. */
export const MAX_ATTEMPTS = 5;
/** Documents that a listing reads at the same time. */
const READ_AT_ONCE = 32;
/** Most documents one filtered listing reads. */
const MAX_SCANNED = 5_000;

export interface JobPage {
  readonly jobs: JobDocument[];
  readonly hasMore: boolean;
  /** The last job that was looked at, where so many were that nothing says whether there are others to find. */
  readonly gaveUpAfter?: { readonly id: string; readonly scanned: number };
}

type UserRequest = Extract<JobEvent, 'cancel' | 'pause' | 'resume'>;

const REQUEST_EVENTS: Readonly<Record<UserRequest, NewEvent>> = {
  pause: message('Pause requested; a checkpoint is saved first', 'pause_requested'),
  resume: message('Job resumed', 'resumed'),
  cancel: message('Job cancelled', 'cancelled'),
};

export class JobStore {
  readonly documents: DocumentStore<typeof JobDocumentSchema>;
  readonly #deps: JobStoreDependencies;
  readonly #ledger: IdempotencyLedger;
  readonly pieces: JobPieces;

  constructor(deps: JobStoreDependencies) {
    this.#deps = deps;
    this.pieces = { ...JOB_PIECES, ...deps.pieces };
    this.documents = new DocumentStore(deps.store, JobDocumentSchema, deps.ids, this.pieces.carriesWrite);
    this.#ledger = new IdempotencyLedger(deps.store, deps.clock, deps.ids);
  }

  /**
   * Puts the job into the ledger and rings. A repetition, also of a request whose answer was lost, returns the same job.
   * @param evalOf The eval that the job comes with, if it comes with one.
   */
  create(request: NewJob, identity: RequestIdentity, evalOf?: EvalOf): Promise<CreateOutcome> {
    return this.createOnce(identity, () => Promise.resolve({ request, evalOf }));
  }

  /**
   * As `create`.
   * @param prepare Checks the request, or throws. Not asked for a job that is there: what it was checked against may have
   *   changed since.
   */
  async createOnce(identity: RequestIdentity, prepare: () => Promise<PreparedJob>): Promise<CreateOutcome> {
    const before = await this.#ledger.find(identity);
    if (before?.ok === false) return MISMATCH;
    // Nothing is reserved for a request that is refused.
    const prepared = before && (await this.read(before.id)) ? undefined : await prepare();
    const reserved = await this.pieces.reserve(this.#ledger, identity);
    if (!reserved.ok) return MISMATCH;
    const existing = reserved.repeated ? await this.read(reserved.id) : undefined;
    const job = existing?.document ?? (await this.#write(prepared ?? (await prepare()), identity.projectId, reserved));
    if (!TERMINAL_STATES.has(job.state)) await this.#index(job);
    if (job.evalId !== undefined) await listEval(this.#deps.store, listedEval(job, job.evalId, reserved));
    if (job.state === 'queued') await this.ring(job);
    return { ok: true, job, repeated: existing !== undefined };
  }

  async #write({ request, evalOf }: PreparedJob, projectId: string, reserved: ReservedId): Promise<JobDocument> {
    const { store, clock, ids } = this.#deps;
    const { id, reservedAtMs } = reserved;
    const evaluation = evalOf?.({ jobId: id, reservedAtMs });
    const nowMs = clock.nowMs();
    const writeId = ids.next('w');
    const draft: JobDocument = {
      ...request,
      schemaVersion: 1,
      writeId,
      id,
      projectId,
      createdAtMs: nowMs,
      finishedAtMs: null,
      state: 'queued',
      lease: null,
      epoch: 0,
      attempts: 0,
      maxAttempts: MAX_ATTEMPTS,
      rungAtMs: nowMs,
      queuedAtMs: nowMs,
      progress: null,
      resume: null,
      checkpoints: [],
      events: [],
      nextSequence: 0,
      trainedTokens: null,
      fineTunedModel: null,
      ...(evaluation ? { evalId: evaluation.id } : {}),
      resultFiles: [],
      error: null,
    };
    const uses = request.uses ?? [];
    const marks = uses.map((target) => KEYS.user(target, markOfJob(id)));
    await scheduleCollection(store, nowMs, id, evaluation ? [...marks, KEYS.evaluation(evaluation.id)] : marks);
    await Promise.all(uses.map((target) => markUse(store, target, markOfJob(id))));
    if (evaluation) await storeEval(store, evaluation);
    const logged = await appendEvents(store, draft, firstEvents(draft), nowMs, writeId);
    const { stored } = await this.documents.create(KEYS.job(id), { ...draft, ...logged });
    return stored.document;
  }

  async #index(job: JobDocument): Promise<void> {
    const nothing = new Uint8Array();
    await putIdempotent(this.#deps.store, KEYS.jobIndexEntry(job.projectId, job.createdAtMs, job.id), nothing);
    await putIdempotent(this.#deps.store, KEYS.activeJob(job.id), nothing);
  }

  /** Puts a queued job among those that wait, then sends a doorbell message. Losing either is repaired by the sweeper. */
  async ring(job: JobDocument): Promise<void> {
    const { queue, log } = this.#deps;
    try {
      await this.putBack(job);
      await queue.send({ kind: 'job', jobId: job.id });
    } catch (error) {
      log.warn('ringing failed; the sweeper will ring again', { jobId: job.id, error });
    }
  }

  /** Puts a queued job among those that wait, and wakes nobody. */
  async putBack(job: JobDocument): Promise<void> {
    await putIdempotent(this.#deps.store, waitingKey(job), new Uint8Array());
  }

  /** Nobody is to take the job any more. Whoever still does finds out by its state. */
  async #unring(job: JobDocument): Promise<void> {
    const { store, log } = this.#deps;
    await store.delete(waitingKey(job)).catch((error: unknown) => {
      log.warn('a job that does not wait any more is still listed as waiting', { jobId: job.id, error });
    });
  }

  read(jobId: string): Promise<Versioned<JobDocument> | undefined> {
    return this.documents.read(KEYS.job(jobId));
  }

  /** The job, if it belongs to the project. */
  async get(projectId: string, jobId: string): Promise<JobDocument | undefined> {
    const stored = await this.read(jobId);
    return ownedBy(projectId, stored?.document);
  }

  /** Newest first. The cost is that of the page, not of the jobs ever created. */
  async list(projectId: string, options: ListOptions): Promise<JobPage> {
    const prefix = KEYS.jobIndex(projectId);
    const after = options.after === undefined ? undefined : await this.get(projectId, options.after);
    const start = after && { startAfter: KEYS.jobIndexEntry(projectId, after.createdAtMs, after.id) };
    const pages = { ...start, pageSize: Math.min(options.limit + 1, READ_AT_ONCE) };
    const jobs: JobDocument[] = [];
    let scanned = 0;
    let lastRead: string | undefined;
    for await (const entries of listPages(this.#deps.store, prefix, pages)) {
      scanned += entries.length;
      const read = entries.map(({ key }) => this.get(projectId, key.slice(prefix.length + 16)));
      const known = (await Promise.all(read)).filter((job) => job !== undefined);
      jobs.push(...known.filter((job) => carries(job, options.metadata)));
      lastRead = known.at(-1)?.id ?? lastRead;
      if (jobs.length > options.limit) break;
      // A short page is the last.
      if (scanned < MAX_SCANNED || entries.length < pages.pageSize) continue;
      return { jobs, hasMore: true, ...(lastRead === undefined ? {} : { gaveUpAfter: { id: lastRead, scanned } }) };
    }
    return { jobs: jobs.slice(0, options.limit), hasMore: jobs.length > options.limit };
  }

  cancel(projectId: string, jobId: string): Promise<RequestOutcome> {
    return this.#request(projectId, jobId, 'cancel');
  }

  pause(projectId: string, jobId: string): Promise<RequestOutcome> {
    return this.#request(projectId, jobId, 'pause');
  }

  async resume(projectId: string, jobId: string): Promise<RequestOutcome> {
    const outcome = await this.#request(projectId, jobId, 'resume');
    if (outcome.ok && outcome.job.state === 'queued') await this.ring(outcome.job);
    return outcome;
  }

  /** Applies a user's wish. A running runner notices at its next write, whose compare-and-swap fails. */
  async #request(projectId: string, jobId: string, event: UserRequest): Promise<RequestOutcome> {
    const { store, clock } = this.#deps;
    const outcome: { refused: boolean } = { refused: false };
    const stored = await this.documents.update(KEYS.job(jobId), async (job, writeId) => {
      if (!ownedBy(projectId, job)) return undefined;
      const state = transition(job.state, event);
      outcome.refused = state === null;
      // A resume brings the next attempt forward.
      const isBroughtForward = event === 'resume' && (job.retryAtMs ?? null) !== null;
      if (state === null || (state === job.state && !isBroughtForward)) return undefined;
      const nowMs = clock.nowMs();
      const logged = await appendEvents(store, job, [REQUEST_EVENTS[event]], nowMs, writeId);
      const ended = TERMINAL_STATES.has(state) ? { finishedAtMs: nowMs, lease: null } : {};
      // What a user held back has no place to keep.
      const place = state === 'queued' && !isBroughtForward ? { queuedAtMs: nowMs, goesAhead: false } : {};
      const queued = state === 'queued' ? { ...place, rungAtMs: nowMs } : {};
      return { ...job, ...logged, ...ended, ...queued, state, retryAtMs: null };
    });
    if (!stored || !ownedBy(projectId, stored.document)) return { ok: false, reason: 'not_found' };
    if (outcome.refused) return { ok: false, reason: 'refused', job: stored.document };
    if (stored.document.state !== 'queued') await this.#unring(stored.document);
    return { ok: true, job: stored.document };
  }

  /** Changes what is to become of a job's model, with the event that says so; `change` may be asked several times. */
  async amendPublication(
    jobId: string,
    change: (publication: Publication) => { publication: Publication; event?: NewEvent } | undefined,
  ): Promise<JobDocument | undefined> {
    const { store, clock } = this.#deps;
    const stored = await this.documents.update(KEYS.job(jobId), async (job, writeId) => {
      const next = job.publication && change(job.publication);
      if (!next) return undefined;
      const logged = await appendEvents(store, job, next.event ? [next.event] : [], clock.nowMs(), writeId);
      return { ...job, ...logged, publication: next.publication };
    });
    return stored?.document;
  }

  /** Events below sequence `before` (default: all), newest first. */
  async events(
    job: JobDocument,
    options: { before?: number; limit: number },
  ): Promise<{ events: StoredEvent[]; hasMore: boolean }> {
    const before = options.before ?? Number.MAX_SAFE_INTEGER;
    const events = await newestEvents(this.#deps.store, job, before, options.limit + 1);
    return { events: events.slice(0, options.limit), hasMore: events.length > options.limit };
  }

  /** Events from sequence `from` on, oldest first. */
  eventsSince(job: JobDocument, from: number, limit: number): Promise<StoredEvent[]> {
    return eventsSince(this.#deps.store, job, from, limit);
  }
}

/** The eval that a job was created with has the time of its reservation. */
const listedEval = ({ projectId }: JobDocument, id: string, { reservedAtMs }: ReservedId) => ({
  id,
  projectId,
  createdAtMs: reservedAtMs,
});

function firstEvents({ evalId, preflight }: JobDocument): NewEvent[] {
  const data = { kind: 'eval_created', eval_id: evalId };
  const made = evalId === undefined ? [] : [{ ...message(`Created ${evalId}, the eval of the job`), data }];
  const warnings = (preflight?.warnings ?? []).map(warning);
  return [message('Created fine-tuning job'), ...made, ...warnings, message('Files validated, job queued')];
}

function message(text: string, kind?: string): NewEvent {
  return { level: 'info', type: 'message', message: text, data: kind === undefined ? null : { kind } };
}

const warning = (text: string): NewEvent => ({
  level: 'warn',
  type: 'message',
  message: text,
  data: { kind: 'preflight_warning' },
});

function carries(job: JobDocument, wanted: Readonly<Record<string, string>> | null | undefined): boolean {
  if (wanted === undefined) return true;
  if (wanted === null) return job.metadata === null;
  return Object.entries(wanted).every(([key, value]) => job.metadata?.[key] === value);
}
