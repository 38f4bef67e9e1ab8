/** Runs of an eval: one model over the rows, graded item by item. */
import type { CreateRun, EvalRunObject, OutputItem } from '../generated/wire.js';
import { newIdempotencyKey } from '../idempotency-key.js';
import { Outage } from '../outage.js';
import { Paginator } from '../paginator.js';
import type { RequestOptions, Transport } from '../transport.js';

const ENDED: ReadonlySet<EvalRunObject['status']> = new Set(['completed', 'canceled', 'failed']);
const DEFAULT_POLL_INTERVAL_MS = 500;

export interface CreateRunOptions extends RequestOptions {
  /** Calls with the same key create one run; by default each call has its own, which its retries share. */
  readonly idempotencyKey?: string;
}

export interface ListRuns {
  readonly limit?: number;
  readonly order?: 'asc' | 'desc';
  readonly status?: EvalRunObject['status'];
}

export interface ListItems {
  readonly limit?: number;
  readonly order?: 'asc' | 'desc';
  readonly status?: 'pass' | 'fail' | 'error';
}

export interface WaitForRun extends RequestOptions {
  /** Called with each state read, the last one included. */
  readonly onUpdate?: (run: EvalRunObject) => void;
  readonly pollIntervalMs?: number;
  /** Gives up after so long without an answer from the platform; ten minutes unless said. */
  readonly maxOutageMs?: number;
}

export class EvalRuns {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Creates a run. A retry after a lost answer returns the run already made instead of a second one. */
  create(evalId: string, body: CreateRun, options: CreateRunOptions = {}): Promise<EvalRunObject> {
    const headers = { 'idempotency-key': options.idempotencyKey ?? newIdempotencyKey() };
    return this.#transport.json({ method: 'POST', path: runsPath(evalId), body, headers }, options);
  }

  list(evalId: string, query: ListRuns = {}, options?: RequestOptions): Paginator<EvalRunObject> {
    const path = runsPath(evalId);
    return new Paginator((after) => this.#transport.json({ method: 'GET', path, query: { ...query, after } }, options));
  }

  retrieve(evalId: string, runId: string, options?: RequestOptions): Promise<EvalRunObject> {
    return this.#transport.json({ method: 'GET', path: runPath(evalId, runId) }, options);
  }

  cancel(evalId: string, runId: string, options?: RequestOptions): Promise<EvalRunObject> {
    return this.#transport.json({ method: 'POST', path: `${runPath(evalId, runId)}/cancel` }, options);
  }

  delete(evalId: string, runId: string, options?: RequestOptions) {
    type Deleted = { object: 'eval.run.deleted'; deleted: boolean; run_id: string };
    return this.#transport.json<Deleted>({ method: 'DELETE', path: runPath(evalId, runId) }, options);
  }

  /** Waits for a run's end, whatever that is, and returns it: read `status` and `error`. */
  async wait(evalId: string, runId: string, options: WaitForRun = {}): Promise<EvalRunObject> {
    const outage = new Outage(this.#transport.settings.nowMs, options.maxOutageMs);
    for (;;) {
      const run = await this.retrieve(evalId, runId, options).catch((error: unknown) => {
        options.signal?.throwIfAborted();
        return outage.failed(error);
      });
      if (run) {
        outage.answered();
        options.onUpdate?.(run);
        if (ENDED.has(run.status)) return run;
      }
      await this.#transport.settings.sleep(options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS, options.signal);
    }
  }

  /** The graded items in the order of the rows. */
  items(evalId: string, runId: string, query: ListItems = {}, options?: RequestOptions): Paginator<OutputItem> {
    const path = `${runPath(evalId, runId)}/output_items`;
    return new Paginator((after) => this.#transport.json({ method: 'GET', path, query: { ...query, after } }, options));
  }
}

const runsPath = (evalId: string): string => `/evals/${encodeURIComponent(evalId)}/runs`;
const runPath = (evalId: string, runId: string): string => `${runsPath(evalId)}/${encodeURIComponent(runId)}`;
