/** Fine-tuning jobs: create, control, follow. */
import { followEvents } from '../follow-events.js';
import type {
  CreateJob,
  FineTuningJob,
  FineTuningJobCheckpoint,
  FineTuningJobEvent,
  PreflightReport,
} from '../generated/wire.js';
import { newIdempotencyKey } from '../idempotency-key.js';
import { Paginator } from '../paginator.js';
import type { RequestOptions, Transport } from '../transport.js';

const PATH = '/fine_tuning/jobs';
const JSON_OR_STREAM = 'text/event-stream, application/json;q=0.9';

const EVENTS_PER_PAGE = 200;

const ENDED: ReadonlySet<FineTuningJob['status']> = new Set(['succeeded', 'failed', 'cancelled']);

/** Whether a job can no longer change. */
export const hasEnded = (job: FineTuningJob): boolean => ENDED.has(job.status);

export interface CreateJobOptions extends RequestOptions {
  /** Calls with the same key create one job; by default each call has its own, which its retries share. */
  readonly idempotencyKey?: string;
}

export interface ListJobs {
  readonly limit?: number;
  readonly metadata?: Readonly<Record<string, string>> | null;
}

export interface EventsOptions extends RequestOptions {
  /** True: keep yielding new events until the job has ended. Default: what has happened so far. */
  readonly follow?: boolean;
  /** Between two questions where the server does not stream. */
  readonly pollIntervalMs?: number;
  /** A stream that is silent for so long is opened again; a minute unless said. */
  readonly idleTimeoutMs?: number;
  /** Gives up after so long without an answer from the platform; ten minutes unless said. */
  readonly maxOutageMs?: number;
}

export interface WaitForJob extends Omit<EventsOptions, 'follow'> {
  readonly onEvent?: (event: FineTuningJobEvent) => void;
}

export class Jobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Creates a job. A retry after a lost answer returns the job already made instead of a second one. */
  create(body: CreateJob, options: CreateJobOptions = {}): Promise<FineTuningJob> {
    const headers = { 'idempotency-key': options.idempotencyKey ?? newIdempotencyKey() };
    return this.#transport.json({ method: 'POST', path: PATH, body, headers }, options);
  }

  /** What a job of this request would take and train, and what it would be refused for (extension); nothing is queued. */
  preflight(body: CreateJob, options?: RequestOptions): Promise<PreflightReport> {
    return this.#transport.json({ method: 'POST', path: '/x/preflight', body }, options);
  }

  /** Newest first. `metadata: null` lists the jobs that have none. */
  list(query: ListJobs = {}, options?: RequestOptions): Paginator<FineTuningJob> {
    return new Paginator((after) =>
      this.#transport.json({ method: 'GET', path: PATH, query: { ...query, after } }, options),
    );
  }

  retrieve(id: string, options?: RequestOptions): Promise<FineTuningJob> {
    return this.#transport.json({ method: 'GET', path: jobPath(id) }, options);
  }

  cancel(id: string, options?: RequestOptions): Promise<FineTuningJob> {
    return this.#transport.json({ method: 'POST', path: `${jobPath(id)}/cancel` }, options);
  }

  /** Stops after a checkpoint that `resume` continues from. */
  pause(id: string, options?: RequestOptions): Promise<FineTuningJob> {
    return this.#transport.json({ method: 'POST', path: `${jobPath(id)}/pause` }, options);
  }

  resume(id: string, options?: RequestOptions): Promise<FineTuningJob> {
    return this.#transport.json({ method: 'POST', path: `${jobPath(id)}/resume` }, options);
  }

  /** Events newest first, as the wire lists them. */
  listEvents(id: string, query: { limit?: number } = {}, options?: RequestOptions): Paginator<FineTuningJobEvent> {
    return new Paginator((after) =>
      this.#transport.json({ method: 'GET', path: `${jobPath(id)}/events`, query: { ...query, after } }, options),
    );
  }

  /** Events oldest first, each exactly once, across reconnections. */
  async *events(id: string, options: EventsOptions = {}): AsyncGenerator<FineTuningJobEvent> {
    if (!options.follow) {
      yield* (await this.listEvents(id, { limit: EVENTS_PER_PAGE }, options).toArray()).reverse();
      return;
    }
    yield* this.#followed(id, options);
  }

  /** Follows a job to its end, whatever that is, and returns it: read `status` and `error`. */
  async wait(id: string, options: WaitForJob = {}): Promise<FineTuningJob> {
    // The state is read before the events can end: asking again would be one question more to fail.
    let job!: FineTuningJob;
    const events = this.#followed(id, options, (read) => {
      job = read;
    });
    for await (const event of events) options.onEvent?.(event);
    return job;
  }

  /** Newest first; each names a model that can be called at once. */
  checkpoints(
    id: string,
    query: { limit?: number } = {},
    options?: RequestOptions,
  ): Paginator<FineTuningJobCheckpoint> {
    const path = `${jobPath(id)}/checkpoints`;
    return new Paginator((after) => this.#transport.json({ method: 'GET', path, query: { ...query, after } }, options));
  }

  #followed(id: string, options: Omit<EventsOptions, 'follow'>, onState?: (job: FineTuningJob) => void) {
    const hasJobEnded = async (): Promise<boolean> => {
      const job = await this.retrieve(id, options);
      onState?.(job);
      return hasEnded(job);
    };
    return followEvents(
      {
        open: (lastEventId) => this.#openEvents(id, lastEventId, options),
        newestFirst: () => this.listEvents(id, { limit: EVENTS_PER_PAGE }, options),
        hasEnded: hasJobEnded,
        sleep: this.#transport.settings.sleep,
        nowMs: this.#transport.settings.nowMs,
      },
      options,
    );
  }

  #openEvents(id: string, lastEventId: string | undefined, options: RequestOptions): Promise<Response> {
    const resume = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const headers = { accept: JSON_OR_STREAM, ...resume };
    const query = { stream: true };
    return this.#transport.response({ method: 'GET', path: `${jobPath(id)}/events`, query, headers }, options);
  }
}

const jobPath = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;
