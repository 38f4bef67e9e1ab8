/** Evals: where the items come from and by which criteria they are judged. Runs and their results have files of their own. */
import Type, { type Static } from 'typebox';
import { GraderSpec } from './grader.js';
import { Count, Id, Metadata, Nullable, OneOf, UnixSeconds } from './primitives.js';

export const EvalName = Type.String({ minLength: 1, maxLength: 256 });
export const MAX_CRITERIA = 32;
export const JsonObject = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown());

/** A grader with the score from which an item passes; 1 for checks and labels, required where no range is known. */
export const TestingCriterion = Type.Intersect([
  GraderSpec,
  Type.Object({ pass_threshold: Type.Optional(Type.Number({ minimum: -1e9, maximum: 1e9 })) }),
]);
export type TestingCriterion = Static<typeof TestingCriterion>;

const CustomConfig = Type.Object(
  {
    type: Type.Literal('custom'),
    /** JSON Schema that every item must fit. */
    item_schema: JsonObject,
    include_sample_schema: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** Chat completions kept with `store: true`; `logs` and `stored_completions` are two names of one thing. */
export const COMPLETION_CONFIGS = ['logs', 'stored_completions'] as const;
const completionConfig = <const T extends (typeof COMPLETION_CONFIGS)[number]>(type: T) =>
  Type.Object(
    { type: Type.Literal(type), metadata: Type.Optional(Nullable(Metadata)) },
    { additionalProperties: false },
  );

export const CreateEval = Type.Object(
  {
    name: Type.Optional(EvalName),
    metadata: Type.Optional(Nullable(Metadata)),
    data_source_config: Type.Union([CustomConfig, completionConfig('logs'), completionConfig('stored_completions')]),
    testing_criteria: Type.Array(TestingCriterion, { minItems: 1, maxItems: MAX_CRITERIA }),
  },
  { additionalProperties: false },
);
export type CreateEval = Static<typeof CreateEval>;

export const EvalObject = Type.Object({
  object: Type.Literal('eval'),
  id: Id,
  name: EvalName,
  created_at: UnixSeconds,
  metadata: Nullable(Metadata),
  data_source_config: Type.Object({
    type: OneOf(['custom', ...COMPLETION_CONFIGS]),
    /** Of the rows: `item`, and `sample` where there is one. */
    schema: JsonObject,
    /** Of completions only: what they were stored with. */
    metadata: Type.Optional(Nullable(Metadata)),
  }),
  testing_criteria: Type.Array(Type.Unknown(), { maxItems: MAX_CRITERIA }),
});
export type EvalObject = Static<typeof EvalObject>;

export const StoredEval = Type.Object({
  schemaVersion: Type.Literal(1),
  id: Id,
  projectId: Id,
  createdAtMs: Count,
  name: EvalName,
  metadata: Nullable(Metadata),
  itemSchema: JsonObject,
  includeSampleSchema: Type.Boolean(),
  /** Absent for evals whose runs bring their rows. */
  completions: Type.Optional(Type.Object({ type: OneOf(COMPLETION_CONFIGS), metadata: Nullable(Metadata) })),
  testingCriteria: Type.Array(TestingCriterion, { minItems: 1, maxItems: MAX_CRITERIA }),
});
export type StoredEval = Static<typeof StoredEval>;
