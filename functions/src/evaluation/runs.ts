/**
 * The runs of an eval, as the API sees them. `run.json` is the ledger: the API creates and cancels it, a worker holds it by
 * lease, and every change is a compare-and-swap.
 */
import {
  ApiError,
  type CreateRun,
  ENDED_RUN_STATES,
  type EvalRunObject,
  type EvalRunMessage,
  KEYS,
  type OutputItem,
  type RunDataSource,
  type RunState,
  type StoredEval,
  StoredRun,
} from '@preheat/contracts';
import { defaultKs, emptyPassAtK } from '@preheat/graders';
import { DocumentStore, forgetRun, IdempotencyLedger, ownedBy, type RequestIdentity, storeRun } from '@preheat/jobs';
import {
  type Clock,
  type Ids,
  type JsonValue,
  type Log,
  type ObjectStore,
  putIdempotent,
  type WorkQueue,
} from '@preheat/ports';
import { findKey, type ObjectIndex, readPage } from '../listing/object-index.js';
import type { PageOf, PageRequest } from '../listing/page.js';
import { createdAtOf, timeId } from '../listing/time-id.js';
import type { RunRows } from './check-run.js';
import { deletedRun, readItems } from './item-log.js';
import { keepRows } from './run-rows.js';
import { modelOf } from './run-sampling.js';

export interface RunDependencies {
  readonly store: ObjectStore;
  readonly evaluationQueue: WorkQueue<JsonValue>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

const KEY_REUSED = 'This Idempotency-Key was used before, with another request body.';

export class Runs {
  readonly documents: DocumentStore<typeof StoredRun>;
  readonly #deps: RunDependencies;
  readonly #ledger: IdempotencyLedger;

  constructor(deps: RunDependencies) {
    this.#deps = deps;
    this.documents = new DocumentStore(deps.store, StoredRun, deps.ids);
    this.#ledger = new IdempotencyLedger(deps.store, deps.clock, deps.ids);
  }

  /**
   * As `create`. A repetition, also of a request whose answer was lost, returns the same run.
   * @param check Finds the rows, or throws. Not asked for a run that is there: what it was created from may have changed since.
   * @throws ApiError `idempotency_mismatch` when the key was used with another body.
   */
  async createOnce(
    evaluation: StoredEval,
    request: CreateRun,
    check: () => Promise<RunRows>,
    identity: RequestIdentity,
  ): Promise<StoredRun> {
    const { projectId, id: evalId } = evaluation;
    const before = await this.#ledger.find(identity);
    if (before?.ok === false) throw new ApiError('idempotency_mismatch', KEY_REUSED);
    // Nothing is reserved for a request that is refused.
    const rows = before && (await this.find(projectId, evalId, before.id)) ? undefined : await check();
    const reserved = await this.#ledger.reserve(identity, () => timeId('evalrun_', this.#deps).id);
    if (!reserved.ok) throw new ApiError('idempotency_mismatch', KEY_REUSED);
    const { id, repeated } = reserved;
    const existing = repeated ? await this.find(projectId, evalId, id) : undefined;
    // Whoever made it may not have got to ring for it.
    return existing ? this.#put(existing) : this.create(evaluation, request, rows ?? (await check()), id);
  }

  /**
   * @param reservedId One made before, so that a repetition creates the run once.
   * @throws ApiError `not_found` for one that was deleted, or whose eval was.
   */
  async create(evaluation: StoredEval, request: CreateRun, rows: RunRows, reservedId?: string): Promise<StoredRun> {
    const { store, ids, clock } = this.#deps;
    const { id, createdAtMs } =
      reservedId === undefined
        ? timeId('evalrun_', this.#deps)
        : { id: reservedId, createdAtMs: createdAtOf('evalrun_', reservedId, clock.nowMs()) ?? clock.nowMs() };
    const samples = request.samples_per_item ?? 1;
    const ks = request.pass_at_k ?? (samples > 1 ? defaultKs(samples) : []);
    const criteria = evaluation.testingCriteria.map(({ name }) => name);
    const count = rows.kept ? await keepRows(store, { evalId: evaluation.id, id }, rows.kept) : rows.count;
    const run: StoredRun = {
      schemaVersion: 1,
      writeId: ids.next('w_'),
      id,
      evalId: evaluation.id,
      projectId: evaluation.projectId,
      createdAtMs,
      name: request.name ?? id,
      metadata: request.metadata ?? null,
      dataSource: answeredBy(request.data_source, rows.model),
      samplesPerItem: samples,
      state: 'queued',
      lease: null,
      epoch: 0,
      attempts: 0,
      rungAtMs: createdAtMs,
      segments: [],
      counts: { total: count * samples, errored: 0, failed: 0, passed: 0 },
      perCriterion: criteria.map((name) => ({ testing_criteria: name, passed: 0, failed: 0 })),
      ...(ks.length > 0 ? { passAtK: emptyPassAtK(ks, criteria) } : {}),
      usage: [],
      error: null,
    };
    return this.#put(run);
  }

  async #put(run: StoredRun): Promise<StoredRun> {
    const stored = await storeRun(this.#deps, run);
    if (!stored) throw deletedRun(run.id);
    if (stored.state === 'queued') await this.ring(stored);
    return stored;
  }

  /** Sends a doorbell message. Losing it is repaired by the sweeper. */
  async ring(run: Pick<StoredRun, 'evalId' | 'id'>): Promise<void> {
    const message: EvalRunMessage = { kind: 'eval_run', evalId: run.evalId, runId: run.id };
    try {
      await this.#deps.evaluationQueue.send(message);
    } catch (error) {
      this.#deps.log.warn('ringing failed; the sweeper will ring again', { runId: run.id, error });
    }
  }

  async find(projectId: string, evalId: string, runId: string): Promise<StoredRun | undefined> {
    const run = (await this.documents.read(KEYS.run(evalId, runId)))?.document;
    return ownedBy(projectId, run);
  }

  /** @throws ApiError `not_found`. */
  async get(projectId: string, evalId: string, runId: string): Promise<StoredRun> {
    const run = await this.find(projectId, evalId, runId);
    if (run) return run;
    throw new ApiError('not_found', `Eval ${evalId} has no run ${runId} in this project.`, { param: 'run_id' });
  }

  list(projectId: string, evalId: string, request: PageRequest, state?: RunState): Promise<PageOf<StoredRun>> {
    return readPage(this.#index(evalId), request, async (id) => {
      const run = await this.find(projectId, evalId, id);
      return state === undefined || run?.state === state ? run : undefined;
    });
  }

  /** Canceling an ended run changes nothing; a worker notices at its next write. */
  async cancel(projectId: string, evalId: string, runId: string): Promise<StoredRun> {
    await this.get(projectId, evalId, runId);
    const stored = await this.documents.update(KEYS.run(evalId, runId), (run) =>
      ENDED_RUN_STATES.has(run.state) ? undefined : { ...run, state: 'canceled', lease: null },
    );
    if (!stored) throw deletedRun(runId);
    return stored.document;
  }

  async delete(projectId: string, evalId: string, runId: string): Promise<void> {
    await this.get(projectId, evalId, runId);
    const { store } = this.#deps;
    await putIdempotent(store, KEYS.deletedRun(evalId, runId), new Uint8Array());
    await forgetRun(store, { evalId, id: runId }, await findKey(this.#index(evalId), runId));
  }

  /** The results that are in so far, in the order of the data source. */
  items(run: StoredRun): AsyncIterable<OutputItem> {
    return readItems(this.#deps.store, run);
  }

  #index(evalId: string): ObjectIndex {
    const { store, clock } = this.#deps;
    return {
      store,
      prefix: KEYS.runIndex(evalId),
      keyOrder: 'asc',
      idPrefix: 'evalrun_',
      keyOf: (createdAtMs, id) => KEYS.runIndexEntry(evalId, createdAtMs, id),
      nowMs: () => clock.nowMs(),
    };
  }
}

export function toRunObject(run: StoredRun, publicUrl: string): EvalRunObject {
  return {
    object: 'eval.run',
    id: run.id,
    eval_id: run.evalId,
    status: run.state,
    model: modelOf(run.dataSource) ?? '',
    name: run.name,
    created_at: Math.floor(run.createdAtMs / 1000),
    report_url: `${publicUrl}/v1/evals/${run.evalId}/runs/${run.id}/output_items`,
    data_source: run.dataSource,
    metadata: run.metadata,
    error: run.error,
    result_counts: run.counts,
    per_model_usage: run.usage.length > 0 ? run.usage : null,
    per_testing_criteria_results: run.perCriterion.map(({ testing_criteria, passed, failed, scoreSum = 0 }) => {
      const graded = passed + failed;
      return { testing_criteria, passed, failed, mean_score: graded === 0 ? null : scoreSum / graded };
    }),
    samples_per_item: run.samplesPerItem ?? 1,
    pass_at_k: passAtKOf(run),
  };
}

function answeredBy(source: RunDataSource, model: string | undefined): RunDataSource {
  return source.type === 'jsonl' || model === undefined ? source : { ...source, model };
}

function passAtKOf({ passAtK, segments, samplesPerItem = 1 }: StoredRun): EvalRunObject['pass_at_k'] {
  const rows = segments.reduce((sum, { count }) => sum + count, 0) / samplesPerItem;
  if (!passAtK || rows === 0) return null;
  return passAtK.map(({ criterion, k, sum }) => ({ testing_criteria: criterion, k, value: Math.min(1, sum / rows) }));
}
