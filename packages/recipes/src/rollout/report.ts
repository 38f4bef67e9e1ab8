/** Log: the metrics of a step, flat for checkpoints and as the tree of OpenAI's reinforcement events. */
import type { GradeResult } from '@preheat/graders';
import type { StepReport } from '@preheat/nn';
import { forksOf } from '../catalog/answer-segments.js';
import { isDrawn } from './answer-segments.js';
import type { Completion, TrainingDraw } from './collect.js';

/** Completions with what they earned. */
export interface Graded {
  readonly completions: readonly Completion[];
  readonly grades: readonly GradeResult[];
}

/** Milliseconds of the parts of a step. */
export interface StepTiming {
  readonly sampling: number;
  readonly training: number;
  readonly eval: number;
  readonly full_iteration: number;
}

/** @param moments Readings of one clock, in milliseconds, at the ends of the parts. */
export function stepTiming(moments: Readonly<Record<'started' | 'sampled' | 'trained' | 'ended', number>>): StepTiming {
  const { started, sampled, trained, ended } = moments;
  return {
    sampling: sampled - started,
    training: trained - sampled,
    eval: ended - trained,
    full_iteration: ended - started,
  };
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

const rewardsOf = ({ grades }: Graded): number[] => grades.map(({ reward }) => reward);
const lengthsOf = ({ completions }: Graded): number[] => completions.map(({ sample }) => sample.tokens.length);
const share = ({ grades }: Graded, holds: (grade: GradeResult) => boolean): number =>
  mean(grades.map((g) => (holds(g) ? 1 : 0)));

/**
 * What sampling and grading measured. @param learned The grades as they count in this step, where that is not the whole of them: a
 * failure of what does not count is none.
 */
export function rolloutMetrics(train: Graded, learned: readonly GradeResult[] = train.grades): Record<string, number> {
  const drawn = train.completions.flatMap(({ sample, repeated = 0 }) =>
    [...sample.logProbs].filter((_, token) => token >= repeated && isDrawn(sample, token)),
  );
  return {
    train_mean_reward: mean(rewardsOf(train)),
    train_reward_std: standardDeviation(rewardsOf(train)),
    completion_tokens_mean: mean(lengthsOf(train)),
    reasoning_tokens_mean: 0,
    truncated_fraction: mean(train.completions.map(({ sample }) => (sample.finishReason === 'length' ? 1 : 0))),
    mean_unresponsive_rewards: share(train, ({ errors }) => errors.unresponsive_reward_error),
    grader_error_rate: share(
      { ...train, grades: learned },
      ({ isFlagged, errors }) => isFlagged && !errors.sample_parse_error,
    ),
    // −log π of what was drawn is an estimate of the entropy, at no cost; unbiased without top_p, which draws from another distribution.
    sampled_entropy: -mean(drawn),
  };
}

/** What came of the ways to draw that are switched on. */
export function drawMetrics(
  completions: readonly Completion[],
  { repetition, prefixKey, segments }: TrainingDraw,
): Record<string, number> {
  const cameTo = ({ sample }: Completion, { length }: TrainingDraw['segments']) =>
    sample.segmentNumbers?.at(-1) === length - 1 ? 1 : 0;
  const isForked = ({ sample }: Completion) => ((sample.sharedTokens ?? 0) < sample.tokens.length ? 1 : 0);
  const mayForce = segments.some(({ force = false }) => force);
  const isForced = ({ sample }: Completion) => (sample.forced?.includes(1) ? 1 : 0);
  const isRepeated = ({ sample }: Completion) => (sample.finishReason === 'repetition' ? 1 : 0);
  return {
    ...(repetition && { repeated_fraction: mean(completions.map(isRepeated)) }),
    ...(prefixKey !== '' && { prefix_tokens_mean: mean(completions.map(({ prefix }) => prefix?.length ?? 0)) }),
    ...(segments.length > 0 && { last_segment_fraction: mean(completions.map((each) => cameTo(each, segments))) }),
    ...(mayForce && { forced_fraction: mean(completions.map(isForced)) }),
    ...(forksOf(segments) > 1 && { forked_fraction: mean(completions.map(isForked)) }),
  };
}

/** What the update measured: `first` before any inner step, `last` after the others; means over the tokens learned from. */
export function updateMetrics(
  first: StepReport,
  last: StepReport,
  learnedTokens: number,
  hasReference: boolean,
): Record<string, number> {
  const common = {
    trained_rows: last.trainedRows,
    update_skipped: last.applied ? 0 : 1,
    max_logprob_mismatch: first.logProbMismatch,
  };
  if (last.trainedRows === 0) return common;
  const tokens = Math.max(1, learnedTokens);
  return {
    ...common,
    ...(Number.isFinite(last.gradientNorm) ? { gradient_norm: last.gradientNorm } : {}),
    entropy: first.entropy / tokens,
    approx_kl: last.kl / tokens,
    ...(hasReference ? { reference_kl: last.referenceKl / tokens } : {}),
    clip_fraction: last.clipped / tokens,
  };
}

/** What the answers to the validation rows earned. */
export function validationMetrics(valid: Graded | null): Record<string, number> {
  if (!valid) return {};
  return {
    full_valid_mean_reward: mean(rewardsOf(valid)),
    full_valid_mean_parse_error: share(valid, ({ errors }) => errors.sample_parse_error),
    valid_completion_tokens_mean: mean(lengthsOf(valid)),
    valid_reasoning_tokens_mean: 0,
  };
}

/** The one-line message, in the wording of OpenAI's events. */
export function message(step: number, totalSteps: number, metrics: Readonly<Record<string, number>>): string {
  const parts = [`Step ${step}/${totalSteps} `, `train mean reward=${(metrics['train_mean_reward'] ?? 0).toFixed(2)}`];
  const [reward, parseError] = [metrics['full_valid_mean_reward'], metrics['full_valid_mean_parse_error']];
  if (reward !== undefined) parts.push(`full validation mean reward=${reward.toFixed(2)}`);
  if (parseError !== undefined) parts.push(`full validation mean parse error=${parseError.toFixed(2)}`);
  return parts.join(', ');
}
