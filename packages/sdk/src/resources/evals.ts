/** Evals: a set of graders, run against models on rows. */
import type { CompareRuns, CreateEval, EvalObject, RunComparison } from '../generated/wire.js';
import { Paginator } from '../paginator.js';
import type { RequestOptions, Transport } from '../transport.js';
import { EvalRuns } from './eval-runs.js';

export interface ListEvals {
  readonly limit?: number;
  readonly order?: 'asc' | 'desc';
}

export interface UpdateEval {
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
}

export class Evals {
  readonly #transport: Transport;
  readonly runs: EvalRuns;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.runs = new EvalRuns(transport);
  }

  create(body: CreateEval, options?: RequestOptions): Promise<EvalObject> {
    return this.#transport.json({ method: 'POST', path: '/evals', body }, options);
  }

  list(query: ListEvals = {}, options?: RequestOptions): Paginator<EvalObject> {
    return new Paginator((after) =>
      this.#transport.json({ method: 'GET', path: '/evals', query: { ...query, after } }, options),
    );
  }

  retrieve(id: string, options?: RequestOptions): Promise<EvalObject> {
    return this.#transport.json({ method: 'GET', path: evalPath(id) }, options);
  }

  update(id: string, body: UpdateEval, options?: RequestOptions): Promise<EvalObject> {
    return this.#transport.json({ method: 'POST', path: evalPath(id), body }, options);
  }

  delete(id: string, options?: RequestOptions): Promise<{ object: 'eval.deleted'; deleted: boolean; eval_id: string }> {
    return this.#transport.json({ method: 'DELETE', path: evalPath(id) }, options);
  }

  /** Measures one run against another over the items that both have (extension). */
  compare(id: string, body: CompareRuns, options?: RequestOptions): Promise<RunComparison> {
    return this.#transport.json({ method: 'POST', path: `/x${evalPath(id)}/compare`, body }, options);
  }
}

const evalPath = (id: string): string => `/evals/${encodeURIComponent(id)}`;
