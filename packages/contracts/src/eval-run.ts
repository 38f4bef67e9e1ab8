/** Runs of an eval: the request, the stored document that API and workers write by compare-and-swap, the public object. */
import Type, { type Static } from 'typebox';
import { EvalName, MAX_CRITERIA } from './evaluation.js';
import { MAX_SUB_GRADERS } from './grader.js';
import { Lease } from './job.js';
import { Count, Id, Metadata, ModelName, Nullable, OneOf, RecentWriteIds, UnixSeconds } from './primitives.js';
import { MAX_RECORDED_SAMPLES, MAX_SAMPLES_PER_ITEM, RunDataSource } from './run-data-source.js';

const SampleCount = Type.Integer({ minimum: 1, maximum: MAX_SAMPLES_PER_ITEM });
const StoredSampleCount = Type.Integer({ minimum: 1, maximum: MAX_RECORDED_SAMPLES });

export const CreateRun = Type.Object(
  {
    name: Type.Optional(EvalName),
    metadata: Type.Optional(Nullable(Metadata)),
    data_source: RunDataSource,
    /** Extension: answers of the model to each row; each is an output item of its own. */
    samples_per_item: Type.Optional(Nullable(SampleCount)),
    /** Extension: the k of pass@k, none above `samples_per_item`. Default: its powers of two, and itself. */
    pass_at_k: Type.Optional(Nullable(Type.Array(SampleCount, { minItems: 1, maxItems: 16, uniqueItems: true }))),
  },
  { additionalProperties: false },
);
export type CreateRun = Static<typeof CreateRun>;

export const RUN_STATES = ['queued', 'in_progress', 'completed', 'canceled', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];
export const ENDED_RUN_STATES: ReadonlySet<RunState> = new Set(['completed', 'canceled', 'failed']);

export const ModelUsage = Type.Object({
  model_name: ModelName,
  invocation_count: Count,
  prompt_tokens: Count,
  completion_tokens: Count,
  cached_tokens: Count,
  total_tokens: Count,
});
export type ModelUsage = Static<typeof ModelUsage>;
/** The model that answers, and the judges. */
const Usages = Type.Array(ModelUsage, { maxItems: 1 + MAX_CRITERIA * MAX_SUB_GRADERS });
const ResultCounts = Type.Object({ total: Count, errored: Count, failed: Count, passed: Count });
export const RunError = Type.Object({
  code: Type.String({ maxLength: 64 }),
  message: Type.String({ maxLength: 4096 }),
});

/** Batches grow with a run that would take more. */
export const MAX_ITEM_SEGMENTS = 4096;

export const ItemSegment = Type.Object({
  key: Type.String({ maxLength: 512 }),
  first: Count,
  count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
});

/** pass@k summed over rows: of one criterion, or of all together (null). */
const PassAtKSum = Type.Object({
  criterion: Nullable(EvalName),
  k: StoredSampleCount,
  sum: Type.Number({ minimum: 0 }),
});

/** `evals/<id>/runs/<id>/run.json`; results are appended as immutable segments and count once listed here. */
export const StoredRun = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  id: Id,
  evalId: Id,
  projectId: Id,
  createdAtMs: Count,
  name: EvalName,
  metadata: Nullable(Metadata),
  dataSource: RunDataSource,
  /** Absent: 1. */
  samplesPerItem: Type.Optional(StoredSampleCount),
  /** Its rows are kept with their answers and what these scored: nothing is sampled or graded. */
  isRecorded: Type.Optional(Type.Boolean()),
  state: OneOf(RUN_STATES),
  lease: Nullable(Lease),
  epoch: Count,
  attempts: Count,
  rungAtMs: Count,
  segments: Type.Array(ItemSegment, { maxItems: MAX_ITEM_SEGMENTS }),
  /** What one row took in the last batch, milliseconds: how many the next worker begins with. Absent: none was measured yet. */
  rowMs: Type.Optional(Type.Number({ minimum: 0 })),
  counts: ResultCounts,
  perCriterion: Type.Array(
    Type.Object({
      testing_criteria: EvalName,
      passed: Count,
      failed: Count,
      /** Of the scores; absent: none yet. */
      scoreSum: Type.Optional(Type.Number()),
    }),
    { maxItems: MAX_CRITERIA },
  ),
  passAtK: Type.Optional(Type.Array(PassAtKSum, { maxItems: 16 * (MAX_CRITERIA + 1) })),
  usage: Usages,
  error: Nullable(RunError),
});
export type StoredRun = Static<typeof StoredRun>;

export const EvalRunObject = Type.Object({
  object: Type.Literal('eval.run'),
  id: Id,
  eval_id: Id,
  status: OneOf(RUN_STATES),
  model: Type.String({ maxLength: 300 }),
  name: EvalName,
  created_at: UnixSeconds,
  report_url: Type.String({ maxLength: 2048 }),
  data_source: Type.Unknown(),
  metadata: Nullable(Metadata),
  error: Nullable(RunError),
  result_counts: ResultCounts,
  per_model_usage: Nullable(Usages),
  per_testing_criteria_results: Nullable(
    Type.Array(
      Type.Object({
        testing_criteria: EvalName,
        passed: Count,
        failed: Count,
        /** Extension: over the items graded so far; null before the first. */
        mean_score: Nullable(Type.Number()),
      }),
      { maxItems: MAX_CRITERIA },
    ),
  ),
  /** Extension. */
  samples_per_item: StoredSampleCount,
  /** Extension: the unbiased estimate over the rows done so far; null where it was not asked for. */
  pass_at_k: Nullable(
    Type.Array(
      Type.Object({
        /** Null: every criterion passes. */
        testing_criteria: Nullable(EvalName),
        k: StoredSampleCount,
        value: Type.Number({ minimum: 0, maximum: 1 }),
      }),
      { maxItems: 16 * (MAX_CRITERIA + 1) },
    ),
  ),
});
export type EvalRunObject = Static<typeof EvalRunObject>;
