/** Extension: what a job demands before its model is published under an alias, and what became of it. */
import Type, { type Static } from 'typebox';
import { EvalName, MAX_CRITERIA } from './evaluation.js';
import { AliasName } from './model-alias.js';
import { Id, Nullable, OneOf } from './primitives.js';
import { CompletionsDataSource, MAX_SAMPLES_PER_ITEM, ResponsesDataSource } from './run-data-source.js';

/** What a criterion must reach over all items of the run; an item in error counts as 0 and as not passed. */
const Requirement = Type.Object(
  {
    /** Null or left out: passing every criterion. */
    testing_criteria: Type.Optional(Nullable(EvalName)),
    min_pass_rate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** Of a named criterion. */
    min_mean_score: Type.Optional(Type.Number({ minimum: -1e9, maximum: 1e9 })),
  },
  { additionalProperties: false },
);

export const Gate = Type.Object(
  {
    eval_id: Id,
    /** As of a run, without `model`: the job's model answers. */
    data_source: Type.Union([CompletionsDataSource, ResponsesDataSource]),
    samples_per_item: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_SAMPLES_PER_ITEM })),
    require: Type.Array(Requirement, { minItems: 1, maxItems: MAX_CRITERIA }),
  },
  { additionalProperties: false },
);
export type Gate = Static<typeof Gate>;

export const PublishRequest = Type.Object(
  { alias: AliasName, gate: Type.Optional(Nullable(Gate)) },
  { additionalProperties: false },
);
export type PublishRequest = Static<typeof PublishRequest>;

/** `pending`: the job has not ended. `evaluating`: the gate's run is under way. */
const PUBLICATION_STATES = ['pending', 'evaluating', 'published', 'refused'] as const;
const Reasons = Type.Array(Type.String({ maxLength: 1024 }), { maxItems: 2 * MAX_CRITERIA });

/** Part of a job's document. */
export const Publication = Type.Object({
  alias: AliasName,
  gate: Nullable(Gate),
  state: OneOf(PUBLICATION_STATES),
  /** Of the gate; known before the run exists, so that it is created once. */
  runId: Nullable(Id),
  /** Why it was refused. */
  reasons: Reasons,
});
export type Publication = Static<typeof Publication>;

export const PublicPublication = Type.Object({
  alias: AliasName,
  gate: Nullable(Type.Unknown()),
  status: OneOf(PUBLICATION_STATES),
  eval_run_id: Nullable(Id),
  reasons: Reasons,
});
