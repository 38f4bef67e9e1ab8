/** One result of a run: the row, the answer, and what each criterion made of it. */
import Type, { type Static } from 'typebox';
import { RunError } from './eval-run.js';
import { EvalName, JsonObject, MAX_CRITERIA } from './evaluation.js';
import { Count, Id, OneOf, UnixSeconds } from './primitives.js';

const SampleMessage = Type.Object({
  role: Type.String({ maxLength: 32 }),
  content: Type.String({ maxLength: 1_000_000 }),
});

/** A model that was asked something, and what it said: the one under test, or a judge. */
export const ModelSample = Type.Object({
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
  error: Type.Union([RunError, Type.Null()]),
  temperature: Type.Number(),
  max_completion_tokens: Count,
  top_p: Type.Number(),
  seed: Count,
});
export type ModelSample = Static<typeof ModelSample>;

export const CriterionResult = Type.Object(
  {
    name: EvalName,
    type: Type.Optional(Type.String({ maxLength: 64 })),
    score: Type.Number(),
    passed: Type.Boolean(),
    /** What the judge was asked and said; null for graders without one. */
    sample: Type.Optional(Type.Union([ModelSample, Type.Null()])),
    /** Extension: scores of a multi grader by variable. */
    sub_scores: Type.Optional(JsonObject),
    /** Extension: what each judge of a multi grader was asked and said. */
    sub_samples: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), ModelSample)),
    /** Extension: why there is no score. */
    errors: Type.Optional(Type.Array(Type.String(), { maxItems: 64 })),
  },
  { additionalProperties: Type.Unknown() },
);
export type CriterionResult = Static<typeof CriterionResult>;

export const OutputItem = Type.Object({
  object: Type.Literal('eval.run.output_item'),
  id: Id,
  created_at: UnixSeconds,
  run_id: Id,
  eval_id: Id,
  status: OneOf(['pass', 'fail', 'error']),
  datasource_item_id: Count,
  datasource_item: JsonObject,
  /** Extension: which of the answers to this row, from 0. */
  sample_index: Type.Optional(Count),
  results: Type.Array(CriterionResult, { maxItems: MAX_CRITERIA }),
  sample: ModelSample,
});
export type OutputItem = Static<typeof OutputItem>;
