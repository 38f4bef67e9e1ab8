/**
 * Works on one evaluation run until it ends, is lost, or time is up. Results become durable batch by batch, in the write
 * that also moves the totals, so a worker that dies costs one batch: the next one continues after the last segment, and
 * draws the same random numbers for the same items.
 */
import { createHash } from 'node:crypto';
import type { EvalRow, OutputItem, RecordedRow, StoredEval, StoredRun } from '@preheat/contracts';
import { storedCriterion } from '@preheat/graders';
import type { ApiDependencies } from '../dependencies.js';
import { FileLibrary } from '../files/file-library.js';
import { findCallableModel } from '../serving/find-model.js';
import { afterFailure, HeldRun, LostRunError } from './held-run.js';
import type { Answerer } from './answers.js';
import { nextBatchRows } from './batch-rows.js';
import { evaluateBatch, recordedItems } from './item-evaluation.js';
import { writeItems } from './item-log.js';
import { compileMessages, STORED_CONVERSATION } from './run-messages.js';
import { recordedRows, runRows } from './run-rows.js';
import { modelOf, samplingOf } from './run-sampling.js';
import type { Runs } from './runs.js';
import type { Evals } from './evals.js';
import { withItems } from './tally.js';
import { toApiError } from '../plugins/errors.js';

export interface RunWorkerOptions {
  readonly workerId: string;
  readonly leaseTtlMs: number;
  /** When this process is stopped: batches are made to end before, and the rest is handed over. */
  readonly deadlineMs?: number;
  /** Stop at a batch boundary: the process is shutting down. */
  readonly signal?: AbortSignal;
}

export interface RunWorkerDependencies extends ApiDependencies {
  readonly evals: Evals;
  readonly runs: Runs;
}

/** `left`: nothing to do, or somebody else does it. `handed-over`: queued again; its doorbell rings now, or by the sweeper. */
export type RunOutcome = 'ended' | 'left' | 'handed-over' | 'lost';

export async function workOnRun(
  deps: RunWorkerDependencies,
  key: { evalId: string; runId: string },
  options: RunWorkerOptions,
): Promise<RunOutcome> {
  const held = await HeldRun.acquire(deps.runs, deps.clock, key, {
    id: options.workerId,
    leaseTtlMs: options.leaseTtlMs,
  });
  if (!held) return 'left';
  const done = new AbortController();
  const heartbeat = held.keepAlive(done.signal, deps.log);
  try {
    return await evaluate(deps, held, options);
  } catch (error) {
    return await settleFailure(deps, held, error);
  } finally {
    done.abort();
    await heartbeat;
  }
}

async function evaluate(deps: RunWorkerDependencies, held: HeldRun, options: RunWorkerOptions): Promise<RunOutcome> {
  const { run } = held;
  const evaluation = await deps.evals.get(run.projectId, run.evalId);
  if (run.isRecorded) return workThrough(deps, held, options, recordedWork(deps, run));
  const answerer = await answererOf(deps, run);
  try {
    return await workThrough(deps, held, options, await sampledWork(deps, held, evaluation, answerer));
  } finally {
    if (answerer.kind === 'model') await answerer.model.release();
  }
}

/** How a run gets from rows to results. */
interface Work<Row> {
  /** From an index on. */
  rows(from: number): AsyncIterable<Row>;
  items(batch: readonly Row[], firstRow: number): Promise<OutputItem[]>;
}

async function sampledWork(
  deps: RunWorkerDependencies,
  held: HeldRun,
  { itemSchema, testingCriteria }: StoredEval,
  answerer: Answerer,
): Promise<Work<EvalRow>> {
  const { run, lost: signal } = held;
  const criteria = testingCriteria.map(storedCriterion);
  const common = { run, itemSchema, criteria, graders: await deps.openGraders(), answerer, signal };
  return {
    rows: (from) => runRows({ files: new FileLibrary(deps), store: deps.store }, run, from),
    items: (batch, firstRow) => evaluateBatch({ ...common, ...itemContext(deps, run) }, batch, firstRow),
  };
}

function recordedWork(deps: RunWorkerDependencies, run: StoredRun): Work<RecordedRow> {
  return {
    rows: (from) => recordedRows(deps.store, run, from),
    items: (batch, firstRow) => Promise.resolve(recordedItems(itemContext(deps, run), batch, firstRow)),
  };
}

const itemContext = ({ clock }: RunWorkerDependencies, run: StoredRun) => ({
  run,
  sampling: samplingOf(run, seedOf(run.id)),
  nowMs: clock.nowMs(),
});

/** The sweeper takes an ended run out of the active ones, once it has told whom it concerns. */
const COMPLETED = { state: 'completed', lease: null } as const;

async function workThrough<Row>(
  deps: RunWorkerDependencies,
  held: HeldRun,
  options: RunWorkerOptions,
  work: Work<Row>,
): Promise<RunOutcome> {
  const { run } = held;
  const samples = run.samplesPerItem ?? 1;
  let next = run.segments.reduce((sum, segment) => sum + segment.count, 0) / samples;
  const sizeOf = (isFirst: boolean): number => {
    const remainingMs = options.deadlineMs === undefined ? null : options.deadlineMs - deps.clock.nowMs();
    return nextBatchRows(held.run, { rowsLeft: run.counts.total / samples - next, remainingMs, isFirst });
  };
  const rows = work.rows(next)[Symbol.asyncIterator]();
  try {
    let size = sizeOf(true);
    for (let batch = await take(rows, size); batch.length > 0; batch = await take(rows, size)) {
      const startedMs = deps.clock.nowMs();
      const items = await work.items(batch, next);
      // A clock may be set back.
      const rowMs = Math.max(0, deps.clock.nowMs() - startedMs) / batch.length;
      const segment = await writeItems(deps.store, run, next * samples, items);
      next += batch.length;
      const isLast = next * samples >= run.counts.total;
      // Progress makes earlier failures forgotten.
      await held.write((current) => ({
        segments: [...current.segments, segment],
        ...withItems(current, items),
        attempts: 0,
        rowMs,
        ...(isLast ? COMPLETED : {}),
      }));
      if (isLast) return 'ended';
      size = sizeOf(false);
      const isLate = options.deadlineMs !== undefined && deps.clock.nowMs() >= options.deadlineMs;
      const mustStop = size === 0 || isLate || options.signal?.aborted === true;
      if (mustStop) return await handOver(deps, held);
    }
  } finally {
    await rows.return?.();
  }
  // Of a run without rows, or with fewer than were counted.
  await held.write(() => COMPLETED);
  return 'ended';
}

async function answererOf(deps: RunWorkerDependencies, run: StoredRun): Promise<Answerer> {
  const source = run.dataSource;
  const name = modelOf(source);
  if (source.type === 'jsonl' || name === null) return { kind: 'given' };
  const messages = compileMessages(source.input_messages ?? STORED_CONVERSATION);
  if (!messages.ok) throw new Error(`run ${run.id} was created with a template that does not parse`);
  const record = await findCallableModel(deps.models, run.projectId, name);
  return { kind: 'model', model: await deps.decoders.acquire(record, run.projectId), name, messages: messages.source };
}

async function handOver(deps: RunWorkerDependencies, held: HeldRun): Promise<RunOutcome> {
  await held.write(() => ({ state: 'queued', lease: null, rungAtMs: deps.clock.nowMs() }));
  await deps.runs.ring(held.run);
  return 'handed-over';
}

/** What the user did is said at once; what broke here is tried again, a bounded number of times. */
async function settleFailure(deps: RunWorkerDependencies, held: HeldRun, error: unknown): Promise<RunOutcome> {
  if (error instanceof LostRunError || held.lost.aborted) return 'lost';
  const known = toApiError(error);
  if (known) {
    const { code, message } = known;
    await held.write(() => ({ state: 'failed', error: { code, message }, lease: null }));
    return 'ended';
  }
  deps.log.error('evaluation run failed', { runId: held.run.id, error });
  await held.write((run) => afterFailure(run, 'The evaluation failed'));
  if (held.run.state === 'queued') return 'handed-over';
  return 'ended';
}

/** A seed that a resumed run draws again. */
function seedOf(runId: string): number {
  return createHash('sha256').update(runId).digest().readUInt32BE(0) >>> 1;
}

/** The next rows, fewer than asked for at the end. */
async function take<Row>(rows: AsyncIterator<Row>, count: number): Promise<Row[]> {
  const taken: Row[] = [];
  while (taken.length < count) {
    const next = await rows.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
