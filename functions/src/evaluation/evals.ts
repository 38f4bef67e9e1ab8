/** The evals of a project: what is measured, on which items, by which criteria. */
import {
  ApiError,
  type CreateEval,
  decodeStored,
  encodeStored,
  type EvalObject,
  KEYS,
  StoredEval,
} from '@preheat/contracts';
import { ownedBy } from '@preheat/jobs';
import type { Clock, Ids, ObjectStore } from '@preheat/ports';
import type { OpenGraders } from '../dependencies.js';
import { firstProblem } from '../fine-tuning/first-problem.js';
import { type ObjectIndex, readPage } from '../listing/object-index.js';
import type { PageOf, PageRequest } from '../listing/page.js';
import { timeId } from '../listing/time-id.js';
import { checkCriteria } from './criteria.js';
import { COMPLETION_ITEM_SCHEMA, dataSourceConfig } from './data-source-schema.js';
import { doomEval, forgetDoomedEval } from './forget-eval.js';
import { itemSchemaProblem } from './item-schema.js';

export interface EvalDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly openGraders: OpenGraders;
}

const MAX_SWAPS = 8;
/** Of one request: nobody sees what is left, and a function is stopped after half a minute. */
const DELETION_LIMIT_MS = 5_000;

const notFound = (id: string): ApiError =>
  new ApiError('not_found', `No eval with id ${id} exists in this project.`, { param: 'eval_id' });

export class Evals {
  readonly #deps: EvalDependencies;

  constructor(deps: EvalDependencies) {
    this.#deps = deps;
  }

  /** @throws ApiError `invalid_grader` or `invalid_request` naming the criterion. */
  async create(projectId: string, request: CreateEval): Promise<StoredEval> {
    const rows = rowsOf(request.data_source_config);
    const testingCriteria = await checkCriteria(request, await this.#deps.openGraders(), projectId);
    const { store } = this.#deps;
    const { id, createdAtMs } = timeId('eval_', this.#deps);
    const stored: StoredEval = {
      schemaVersion: 1,
      id,
      projectId,
      createdAtMs,
      name: request.name ?? id,
      metadata: request.metadata ?? null,
      ...rows,
      testingCriteria,
    };
    await store.put(KEYS.evaluation(id), encodeStored(stored));
    await store.put(KEYS.evaluationIndexEntry(projectId, createdAtMs, id), new Uint8Array());
    return stored;
  }

  async find(projectId: string, id: string): Promise<StoredEval | undefined> {
    const object = await this.#deps.store.get(KEYS.evaluation(id));
    const stored = object && decodeStored(StoredEval, object.body, KEYS.evaluation(id));
    return ownedBy(projectId, stored);
  }

  /** @throws ApiError `not_found`. */
  async get(projectId: string, id: string): Promise<StoredEval> {
    const stored = await this.find(projectId, id);
    if (stored) return stored;
    throw notFound(id);
  }

  list(projectId: string, request: PageRequest): Promise<PageOf<StoredEval>> {
    return readPage(this.#index(projectId), request, (id) => this.find(projectId, id));
  }

  /** Changes only what is named, by compare-and-swap: two updates at once both hold, and a deleted eval stays deleted. */
  async update(
    projectId: string,
    id: string,
    changes: { name?: string; metadata?: StoredEval['metadata'] },
  ): Promise<StoredEval> {
    const key = KEYS.evaluation(id);
    for (let swap = 0; swap < MAX_SWAPS; swap++) {
      const object = await this.#deps.store.get(key);
      const stored = ownedBy(projectId, object && decodeStored(StoredEval, object.body, key));
      if (!object || !stored) throw notFound(id);
      const { name = stored.name, metadata = stored.metadata } = changes;
      const updated = { ...stored, name, metadata };
      const condition = { kind: 'match', etag: object.etag } as const;
      const result = await this.#deps.store.put(key, encodeStored(updated), { condition });
      if (result.ok) return updated;
    }
    throw new Error(`gave up changing ${key} after ${MAX_SWAPS} lost swaps`);
  }

  /**
   * Deletes the eval with its runs; a run under way loses its document and stops. Of many runs the sweeper deletes what is left after
   * a while.
   */
  async delete(projectId: string, id: string): Promise<void> {
    await this.get(projectId, id);
    const { store, clock } = this.#deps;
    const untilMs = clock.nowMs() + DELETION_LIMIT_MS;
    await doomEval(store, id);
    await forgetDoomedEval(store, id, () => clock.nowMs() >= untilMs);
  }

  #index(projectId: string): ObjectIndex {
    const { store, clock } = this.#deps;
    return {
      store,
      prefix: KEYS.evaluationIndex(projectId),
      keyOrder: 'asc',
      idPrefix: 'eval_',
      keyOf: (createdAtMs, id) => KEYS.evaluationIndexEntry(projectId, createdAtMs, id),
      nowMs: () => clock.nowMs(),
    };
  }
}

type Rows = Pick<StoredEval, 'itemSchema' | 'includeSampleSchema' | 'completions'>;

/** @throws ApiError `invalid_request` for a schema that items cannot be checked with. */
function rowsOf(config: CreateEval['data_source_config']): Rows {
  if (config.type !== 'custom') {
    const completions = { type: config.type, metadata: config.metadata ?? null };
    return { itemSchema: COMPLETION_ITEM_SCHEMA, includeSampleSchema: true, completions };
  }
  const problem = itemSchemaProblem(config.item_schema, 'data_source_config.item_schema');
  if (problem) throw firstProblem('invalid_request', [problem]);
  return { itemSchema: config.item_schema, includeSampleSchema: config.include_sample_schema ?? false };
}

export function toEvalObject(stored: StoredEval): EvalObject {
  return {
    object: 'eval',
    id: stored.id,
    name: stored.name,
    created_at: Math.floor(stored.createdAtMs / 1000),
    metadata: stored.metadata,
    data_source_config: dataSourceConfig(stored),
    testing_criteria: stored.testingCriteria,
  };
}
