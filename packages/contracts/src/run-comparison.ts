/** Extension: two runs of an eval compared over the items that both have. */
import Type, { type Static } from 'typebox';
import { RUN_STATES } from './eval-run.js';
import { EvalName, MAX_CRITERIA } from './evaluation.js';
import { Count, Id, Nullable, OneOf, Seed } from './primitives.js';

/** The fields of a comparison, in a body or in a query. */
export const CompareRuns = Type.Object(
  {
    /** Run that the other is measured against. */
    baseline: Id,
    candidate: Id,
    /** Of the bootstrap: the same seed gives the same interval. Default 0. */
    seed: Type.Optional(Seed),
    /** Default 10 000. */
    resamples: Type.Optional(Type.Integer({ minimum: 100, maximum: 100_000 })),
    /** Of the intervals. Default 0.95. */
    confidence: Type.Optional(Type.Number({ minimum: 0.5, maximum: 0.999 })),
  },
  { additionalProperties: false },
);
export type CompareRuns = Static<typeof CompareRuns>;

const ComparedRun = Type.Object({
  run_id: Id,
  name: EvalName,
  model: Type.String({ maxLength: 300 }),
  /** A run under way is compared by what it has so far. */
  status: OneOf(RUN_STATES),
  /** Items that the other run does not have. */
  unpaired_items: Count,
});

export const CriterionComparison = Type.Object({
  /** Null: whether an item passes every criterion, as 1 or 0. */
  testing_criteria: Nullable(EvalName),
  baseline_mean: Type.Number(),
  candidate_mean: Type.Number(),
  /** Candidate minus baseline, over paired items. */
  mean_difference: Type.Number(),
  /** Percentile interval of the mean difference. */
  interval: Type.Object({ low: Type.Number(), high: Type.Number() }),
  /** Two-sided: how often a resampled difference falls on the other side of zero. */
  p_value: Type.Number({ minimum: 0, maximum: 1 }),
  wins: Count,
  losses: Count,
  ties: Count,
  /** Wins and half the ties, of all paired items. */
  win_rate: Type.Number({ minimum: 0, maximum: 1 }),
  baseline_pass_rate: Type.Number({ minimum: 0, maximum: 1 }),
  candidate_pass_rate: Type.Number({ minimum: 0, maximum: 1 }),
});
export type CriterionComparison = Static<typeof CriterionComparison>;

export const RunComparison = Type.Object({
  object: Type.Literal('eval.comparison'),
  eval_id: Id,
  baseline: ComparedRun,
  candidate: ComparedRun,
  paired_items: Count,
  seed: Seed,
  resamples: Count,
  confidence: Type.Number(),
  results: Type.Array(CriterionComparison, { maxItems: MAX_CRITERIA + 1 }),
});
export type RunComparison = Static<typeof RunComparison>;
