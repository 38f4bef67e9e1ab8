/**
 * Each validation of the phase that a job's eval is about is a run of that eval: the answers were drawn and graded in
 * training, so the run is stored with both, and whoever works on evals counts them. The checkpoint that answered is stored before, and is not
 * lost with a run that cannot be stored; a runner that dies in between leaves that run out, and an eval that its owner deleted
 * gets none, nor does one come back that its owner deleted.
 */
import {
  decodeStored,
  encodeStored,
  type EvalRunMessage,
  invariant,
  type JobDocument,
  KEYS,
  type RecordedRow,
  StoredEval,
  type StoredRun,
} from '@preheat/contracts';
import { type Criterion, criterionResult, defaultKs, emptyPassAtK, storedCriterion } from '@preheat/graders';
import { checkpointModelName, forgetRun, isForgotten, storeRun, timeIdOf, uniquePart } from '@preheat/jobs';
import { putIdempotent } from '@preheat/ports';
import { answerSample, type ValidationAnswers } from '@preheat/recipes';
import type { Tokenizer } from '@preheat/tokenizer';
import type { RunnerDependencies } from './runner-dependencies.js';

export interface Validated {
  readonly phaseIndex: number;
  /** Over the whole pipeline; it names the checkpoint that answered. */
  readonly step: number;
  readonly tokenizer: Tokenizer;
  readonly answers: ValidationAnswers;
}

type Dependencies = Pick<RunnerDependencies, 'store' | 'ids' | 'clock' | 'log' | 'evaluationQueue'>;

/** Enough for every step: ids of one job are in the order of its steps. */
const STEP_DIGITS = 9;

/** @returns why the run could not be stored, if it could not. */
export async function recordValidation(
  deps: Dependencies,
  job: JobDocument,
  validated: Validated,
): Promise<string | null> {
  try {
    await store(deps, job, validated);
    return null;
  } catch (error) {
    deps.log.error('a validation could not be stored as a run', { jobId: job.id, step: validated.step, error });
    return error instanceof Error ? error.message : String(error);
  }
}

async function store(deps: Dependencies, job: JobDocument, validated: Validated): Promise<void> {
  const { evalId } = job;
  if (evalId === undefined) return;
  const object = await deps.store.get(KEYS.evaluation(evalId));
  if (!object) return;
  const evaluation = decodeStored(StoredEval, object.body, KEYS.evaluation(evalId));
  const run = runOf(deps, job, evaluation, validated);
  const criteria = evaluation.testingCriteria.map(storedCriterion);
  // Rows that are there may be half counted: a judge may grade the same answers otherwise the second time.
  const key = KEYS.runRows(evalId, run.id);
  if (await isForgotten(deps.store, run))
    return forgetRun(deps.store, run, KEYS.runIndexEntry(evalId, job.createdAtMs, run.id));
  if (!(await deps.store.head(key)))
    await putIdempotent(
      deps.store,
      key,
      () => rowLines(recordedRows(job, criteria, validated)),
      'application/x-ndjson',
    );
  const stored = await storeRun(deps, run, job.createdAtMs);
  if (stored?.state === 'queued') await ring(deps, run);
}

async function* rowLines(rows: Iterable<RecordedRow>): AsyncGenerator<Uint8Array> {
  const newline = new TextEncoder().encode('\n');
  for (const row of rows) {
    yield encodeStored(row);
    yield newline;
  }
}

function runOf(
  { ids, clock }: Dependencies,
  job: JobDocument,
  evaluation: StoredEval,
  { phaseIndex, step, answers: { completions, drawn } }: Validated,
): StoredRun {
  const nowMs = Math.round(clock.nowMs());
  const phase = job.phases[phaseIndex] as JobDocument['phases'][number];
  invariant(phase.validationFile, 'a phase without validation rows was validated');
  const criteria = evaluation.testingCriteria.map(({ name }) => name);
  const limit = phase.config['max_completion_tokens'];
  return {
    schemaVersion: 1,
    writeId: ids.next('w_'),
    id: timeIdOf('evalrun_', job.createdAtMs, `${uniquePart(job.id)}-${String(step).padStart(STEP_DIGITS, '0')}`),
    evalId: evaluation.id,
    projectId: job.projectId,
    createdAtMs: nowMs,
    name: `Step ${step} of ${job.id}`,
    metadata: { fine_tuning_job_id: job.id, step: String(step) },
    dataSource: {
      type: 'completions',
      model: checkpointModelName(job, step),
      source: { type: 'file_id', id: phase.validationFile },
      input_messages: { type: 'item_reference', item_reference: 'item.messages' },
      sampling_params: {
        temperature: drawn.temperature,
        seed: drawn.seed,
        ...(typeof limit === 'number' ? { max_completion_tokens: limit } : {}),
      },
    },
    samplesPerItem: drawn.perRow,
    isRecorded: true,
    state: 'queued',
    lease: null,
    epoch: 0,
    attempts: 0,
    rungAtMs: nowMs,
    segments: [],
    counts: { total: completions.length, errored: 0, failed: 0, passed: 0 },
    perCriterion: criteria.map((name) => ({ testing_criteria: name, passed: 0, failed: 0 })),
    ...(drawn.perRow > 1 ? { passAtK: emptyPassAtK(defaultKs(drawn.perRow), criteria) } : {}),
    usage: [],
    error: null,
  };
}

/** Made one at a time: together they may be larger than the model. */
function* recordedRows(
  job: JobDocument,
  criteria: readonly Criterion[],
  { step, tokenizer, answers: { completions, grades, drawn } }: Validated,
): Generator<RecordedRow> {
  const model = checkpointModelName(job, step);
  const answerAt = (i: number): RecordedRow['answers'][number] => {
    const { row, prompt, sample } = completions[i] as (typeof completions)[number];
    const grade = grades[i] as (typeof grades)[number];
    const [prompt_tokens, completion_tokens] = [prompt.length, sample.tokens.length];
    const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
    const told = { input: row.messages, finish_reason: sample.finishReason, model, usage };
    return {
      sample: { ...answerSample(tokenizer, row, sample), ...told },
      results: criteria.map((criterion) => criterionResult(criterion, grade)),
    };
  };
  for (let first = 0; first < completions.length; first += drawn.perRow) {
    const { row } = completions[first] as (typeof completions)[number];
    yield { item: row, answers: Array.from({ length: drawn.perRow }, (_, k) => answerAt(first + k)) };
  }
}

async function ring({ evaluationQueue, log }: Dependencies, { evalId, id: runId }: StoredRun): Promise<void> {
  const message: EvalRunMessage = { kind: 'eval_run', evalId, runId };
  try {
    await evaluationQueue?.send(message);
  } catch (error) {
    log.warn('ringing failed; the sweeper will ring', { runId, error });
  }
}
