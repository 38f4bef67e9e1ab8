/**
 * Scores samples with a compiled grader. Whatever a model wrote or a row holds, the answer is a reward and flags: a
 * flagged sample has reward 0, because a formula over a missing score could turn a failure into a prize.
 */
import type { GraderErrors } from '@preheat/contracts';
import type { CompiledGrader, Scorer } from './compiled-grader.js';
import type { GradingContext } from './grading-context.js';
import { type Flagged, flagged, type Outcome } from './outcome.js';

export interface GradeResult {
  /** Always finite; 0 when `isFlagged`. */
  readonly reward: number;
  /** Scores of a multi grader by variable name, 0 where flagged; empty for other graders. */
  readonly subRewards: Readonly<Record<string, number>>;
  readonly isFlagged: boolean;
  readonly errors: GraderErrors;
  /** What the flags mean here, one sentence each. */
  readonly errorMessages: readonly string[];
}

/** Grades one sample; never rejects because of the sample or the item. */
export async function grade(compiled: CompiledGrader, context: GradingContext): Promise<GradeResult> {
  // A map, then own properties: a grader may be named `__proto__`.
  const scoreOf = new Map<string, number>();
  const failures: Flagged[] = [];
  for (const [key, scorer] of compiled.scorers) {
    const outcome = await scored(scorer, context);
    scoreOf.set(key, outcome.ok ? outcome.value : 0);
    if (!outcome.ok) failures.push(outcome);
  }
  if (compiled.combine === null) return result([...scoreOf.values()][0] ?? 0, {}, failures);
  const scores = Object.fromEntries(scoreOf);
  if (failures.length > 0) return result(0, scores, failures);
  const combined = compiled.combine(scores);
  return combined.ok ? result(combined.value, scores, []) : result(0, scores, [combined]);
}

/** A scorer that throws is our bug or an outage; training goes on and the flag shows in its metrics. */
async function scored(scorer: Scorer, context: GradingContext): Promise<Outcome<number>> {
  try {
    return await scorer.score(context);
  } catch (cause) {
    return flagged('other_error', `The grader failed: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function result(reward: number, subRewards: Record<string, number>, failures: readonly Flagged[]): GradeResult {
  const errors = { ...NO_ERRORS };
  for (const { flag } of failures) errors[flag] = true;
  const errorMessages = failures.map(({ message }) => message);
  return { reward, subRewards, isFlagged: failures.length > 0, errors, errorMessages };
}

const NO_ERRORS: GraderErrors = {
  formula_parse_error: false,
  sample_parse_error: false,
  truncated_observation_error: false,
  unresponsive_reward_error: false,
  invalid_variable_error: false,
  other_error: false,
  python_grader_server_error: false,
  python_grader_server_error_type: null,
  python_grader_runtime_error: false,
  python_grader_runtime_error_details: null,
  model_grader_server_error: false,
  model_grader_refusal_error: false,
  model_grader_parse_error: false,
  model_grader_server_error_details: null,
};
