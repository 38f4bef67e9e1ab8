/** Evals and their runs: requests, stored documents and public objects of the OpenAI evals wire. */
import Type, { type Static } from 'typebox';
import { GraderSpec } from './grader.js';
import { Lease } from './job.js';
import {
  Count,
  FileId,
  Id,
  Metadata,
  ModelName,
  Nullable,
  OneOf,
  Seed,
  UnixSeconds,
  RecentWriteIds,
} from './primitives.js';
import { EvalRow } from './training-row.js';

const Name = Type.String({ minLength: 1, maxLength: 256 });
const JsonObject = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown());

/** A grader with the score from which an item passes; 1 for checks, required for scores. */
export const TestingCriterion = Type.Intersect([
  GraderSpec,
  Type.Object({ pass_threshold: Type.Optional(Type.Number({ minimum: -1e9, maximum: 1e9 })) }),
]);
export type TestingCriterion = Static<typeof TestingCriterion>;

export const CustomDataSource = Type.Object({
  type: Type.Literal('custom'),
  item_schema: JsonObject,
  include_sample_schema: Type.Optional(Type.Boolean()),
});

export const CreateEval = Type.Object({
  name: Type.Optional(Name),
  metadata: Type.Optional(Nullable(Metadata)),
  data_source_config: CustomDataSource,
  testing_criteria: Type.Array(TestingCriterion, { minItems: 1, maxItems: 32 }),
});
export type CreateEval = Static<typeof CreateEval>;

export const EvalObject = Type.Object({
  object: Type.Literal('eval'),
  id: Id,
  name: Name,
  created_at: UnixSeconds,
  metadata: Nullable(Metadata),
  data_source_config: Type.Object({ type: Type.Literal('custom'), schema: JsonObject }),
  testing_criteria: Type.Array(Type.Unknown(), { maxItems: 32 }),
});
export type EvalObject = Static<typeof EvalObject>;

export const StoredEval = Type.Object({
  schemaVersion: Type.Literal(1),
  id: Id,
  projectId: Id,
  createdAtMs: Count,
  name: Name,
  metadata: Nullable(Metadata),
  itemSchema: JsonObject,
  includeSampleSchema: Type.Boolean(),
  testingCriteria: Type.Array(TestingCriterion, { minItems: 1, maxItems: 32 }),
});
export type StoredEval = Static<typeof StoredEval>;

export const MAX_INLINE_ROWS = 10_000;
const FileSource = Type.Object({ type: Type.Literal('file_id'), id: FileId });
const InlineSource = Type.Object({
  type: Type.Literal('file_content'),
  content: Type.Array(EvalRow, { minItems: 1, maxItems: MAX_INLINE_ROWS }),
});
const RowSource = Type.Union([FileSource, InlineSource]);

const TemplateMessage = Type.Object({
  role: OneOf(['system', 'developer', 'user', 'assistant']),
  content: Type.Union([
    Type.String({ maxLength: 200_000 }),
    Type.Object({ type: OneOf(['input_text', 'output_text']), text: Type.String({ maxLength: 200_000 }) }),
  ]),
  type: Type.Optional(Type.Literal('message')),
});

export const SamplingParams = Type.Object({
  temperature: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 2 }))),
  top_p: Type.Optional(Nullable(Type.Number({ minimum: 0, maximum: 1 }))),
  seed: Type.Optional(Nullable(Seed)),
  max_completion_tokens: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
});
export type SamplingParams = Static<typeof SamplingParams>;

export const JsonlDataSource = Type.Object({ type: Type.Literal('jsonl'), source: RowSource });
export const CompletionsDataSource = Type.Object({
  type: Type.Literal('completions'),
  model: ModelName,
  source: RowSource,
  input_messages: Type.Union([
    Type.Object({
      type: Type.Literal('template'),
      template: Type.Array(TemplateMessage, { minItems: 1, maxItems: 64 }),
    }),
    Type.Object({ type: Type.Literal('item_reference'), item_reference: Type.String({ maxLength: 256 }) }),
  ]),
  sampling_params: Type.Optional(SamplingParams),
});
export const RunDataSource = Type.Union([JsonlDataSource, CompletionsDataSource]);
export type RunDataSource = Static<typeof RunDataSource>;

export const CreateRun = Type.Object({
  name: Type.Optional(Name),
  metadata: Type.Optional(Nullable(Metadata)),
  data_source: RunDataSource,
});
export type CreateRun = Static<typeof CreateRun>;

export const RUN_STATES = ['queued', 'in_progress', 'completed', 'canceled', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];

const Usage = Type.Object({
  model_name: ModelName,
  invocation_count: Count,
  prompt_tokens: Count,
  completion_tokens: Count,
  cached_tokens: Count,
  total_tokens: Count,
});
const ResultCounts = Type.Object({ total: Count, errored: Count, failed: Count, passed: Count });
const CriterionResult = Type.Object({ testing_criteria: Name, passed: Count, failed: Count });
const RunError = Type.Object({ code: Type.String({ maxLength: 64 }), message: Type.String({ maxLength: 4096 }) });

export const ItemSegment = Type.Object({
  key: Type.String({ maxLength: 512 }),
  first: Count,
  count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
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
  name: Name,
  metadata: Nullable(Metadata),
  dataSource: RunDataSource,
  state: OneOf(RUN_STATES),
  lease: Nullable(Lease),
  epoch: Count,
  attempts: Count,
  rungAtMs: Count,
  segments: Type.Array(ItemSegment, { maxItems: 4096 }),
  counts: ResultCounts,
  perCriterion: Type.Array(CriterionResult, { maxItems: 32 }),
  usage: Type.Array(Usage, { maxItems: 8 }),
  error: Nullable(RunError),
});
export type StoredRun = Static<typeof StoredRun>;

export const EvalRunObject = Type.Object({
  object: Type.Literal('eval.run'),
  id: Id,
  eval_id: Id,
  status: OneOf(RUN_STATES),
  model: Type.String({ maxLength: 300 }),
  name: Name,
  created_at: UnixSeconds,
  report_url: Type.String({ maxLength: 2048 }),
  data_source: Type.Unknown(),
  metadata: Nullable(Metadata),
  error: Nullable(RunError),
  result_counts: ResultCounts,
  per_model_usage: Nullable(Type.Array(Usage, { maxItems: 8 })),
  per_testing_criteria_results: Nullable(Type.Array(CriterionResult, { maxItems: 32 })),
});
export type EvalRunObject = Static<typeof EvalRunObject>;

const SampleMessage = Type.Object({
  role: Type.String({ maxLength: 32 }),
  content: Type.String({ maxLength: 1_000_000 }),
});

export const OutputItem = Type.Object({
  object: Type.Literal('eval.run.output_item'),
  id: Id,
  created_at: UnixSeconds,
  run_id: Id,
  eval_id: Id,
  status: OneOf(['pass', 'fail', 'error']),
  datasource_item_id: Count,
  datasource_item: JsonObject,
  results: Type.Array(
    Type.Object(
      {
        name: Name,
        type: Type.Optional(Type.String({ maxLength: 64 })),
        score: Type.Number(),
        passed: Type.Boolean(),
        sample: Type.Optional(Nullable(JsonObject)),
      },
      { additionalProperties: Type.Unknown() },
    ),
    { maxItems: 32 },
  ),
  sample: Type.Object({
    input: Type.Array(SampleMessage, { maxItems: 512 }),
    output: Type.Array(SampleMessage, { maxItems: 16 }),
    finish_reason: Type.String({ maxLength: 32 }),
    model: Type.String({ maxLength: 300 }),
    usage: Type.Object({
      total_tokens: Count,
      completion_tokens: Count,
      prompt_tokens: Count,
      cached_tokens: Count,
    }),
    error: Nullable(RunError),
    temperature: Type.Number(),
    max_completion_tokens: Count,
    top_p: Type.Number(),
    seed: Count,
  }),
});
export type OutputItem = Static<typeof OutputItem>;
