/**
 * Scores samples with a compiled grader. Whatever a model wrote or a row holds, the answer is a reward and flags: a
 * flagged sample has reward 0, because a formula over a missing score could turn a failure into a prize.
 */
import type { GraderErrors } from '@preheat/contracts';
import type { CompiledGrader, Scorer } from './compiled-grader.js';
import type { Judgement, TokenUsage } from './grader-services.js';
import type { GradingContext } from './grading-context.js';
import { type Flagged, flagged, type Outcome } from './outcome.js';

/** What one leaf grader made of a sample. */
export interface LeafResult {
  readonly outcome: Outcome<number>;
  /** 0 for what was remembered. */
  readonly latencyMs: number;
  /** Tokens by the judge that took them. */
  readonly usage: Readonly<Record<string, TokenUsage>>;
  /** The last thing a judge said about the sample, remembered or not. */
  readonly judgement?: Judgement;
}

export interface GradeResult {
  /** Always finite; 0 when `isFlagged`. */
  readonly reward: number;
  /** Scores of a multi grader by variable name, 0 where flagged; empty for other graders. */
  readonly subRewards: Readonly<Record<string, number>>;
  readonly isFlagged: boolean;
  readonly errors: GraderErrors;
  /** What the flags mean here, one sentence each. */
  readonly errorMessages: readonly string[];
  /** By variable name; a grader that is not a multi has one under its own name. */
  readonly leaves: Readonly<Record<string, LeafResult>>;
}

/** Runs one leaf grader; `gradeWith` asks for nothing else, so retries, limits and memory are the caller's. */
export type RunLeaf = (key: string, scorer: Scorer, context: GradingContext) => Promise<LeafResult>;

/** Grades one sample with a grader that calls nothing. Never rejects because of the sample or the item. */
export function grade(compiled: CompiledGrader, context: GradingContext): Promise<GradeResult> {
  return gradeWith(compiled, context, async (_key, scorer) => ({
    outcome: await attempt(() => scorer.score(context, NO_SERVICES)),
    latencyMs: 0,
    usage: {},
  }));
}

const NO_SERVICES = { services: {}, projectId: '', signal: new AbortController().signal, judged: () => undefined };

export async function gradeWith(
  compiled: CompiledGrader,
  context: GradingContext,
  runLeaf: RunLeaf,
): Promise<GradeResult> {
  const keys = [...compiled.scorers.keys()];
  const results = await Promise.all([...compiled.scorers].map(([key, scorer]) => runLeaf(key, scorer, context)));
  // From entries: a grader may be named `__proto__`.
  const leaves = Object.fromEntries(keys.map((key, i) => [key, results[i] as LeafResult]));
  const scores = Object.fromEntries(keys.map((key, i) => [key, scoreOf(results[i] as LeafResult)]));
  const failures = results.flatMap(({ outcome }) => (outcome.ok ? [] : [outcome]));
  if (compiled.combine === null) return result(Object.values(scores)[0] ?? 0, {}, failures, leaves);
  if (failures.length > 0) return result(0, scores, failures, leaves);
  const combined = compiled.combine(scores);
  return combined.ok ? result(combined.value, scores, [], leaves) : result(0, scores, [combined], leaves);
}

/** A scorer that throws is our bug or an outage; training goes on and the flag shows in its metrics. */
export async function attempt<T>(score: () => Outcome<T> | Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await score();
  } catch (cause) {
    const message = `The grader failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    return flagged('other_error', message, { isTransient: true });
  }
}

const scoreOf = ({ outcome }: LeafResult): number => (outcome.ok ? outcome.value : 0);

function result(
  reward: number,
  subRewards: Record<string, number>,
  failures: readonly Flagged[],
  leaves: Readonly<Record<string, LeafResult>>,
): GradeResult {
  const errorMessages = failures.map(({ message }) => message);
  return { reward, subRewards, isFlagged: failures.length > 0, errors: errorsOf(failures), errorMessages, leaves };
}

/** The flags, and the details that OpenAI's record has room for. */
export function errorsOf(failures: readonly Flagged[]): GraderErrors {
  const errors = { ...NO_ERRORS };
  for (const { flag, message, isUnresponsive } of failures) {
    errors[flag] = true;
    if (isUnresponsive) errors.unresponsive_reward_error = true;
    if (flag === 'python_grader_runtime_error') errors.python_grader_runtime_error_details = message.slice(0, 4096);
    if (flag === 'python_grader_server_error') errors.python_grader_server_error_type = message.slice(0, 256);
    if (flag === 'model_grader_server_error') errors.model_grader_server_error_details = message.slice(0, 4096);
  }
  return errors;
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
