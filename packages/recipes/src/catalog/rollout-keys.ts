/** Hyperparameters of every recipe that samples from its policy, and how long such phases take when nobody says. */
import type { Problem } from '@preheat/contracts';
import Type from 'typebox';
import { type AnswerSegment, answerSegments, segmentProblems } from './answer-segments.js';
import { epochSteps, type Known } from './training-keys.js';
import type { RecipeFacts } from './recipe-definition.js';

export const rolloutKeys = {
  temperature: Type.Number({
    minimum: 0.05,
    maximum: 2,
    default: 1,
    description: 'Of sampling; the policy gradient is taken at the same temperature.',
  }),
  max_completion_tokens: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    description: 'Longest completion, its stop token included.',
  }),
  repetition_count: Type.Integer({
    minimum: 0,
    maximum: 1000,
    default: 0,
    description:
      'Ends a sampled completion in which the same tokens came this many times in a row, so that no time goes into loops; answers to validation rows are left alone. 0 never does, else at least 2.',
  }),
  repetition_max_pattern: Type.Integer({
    minimum: 1,
    maximum: 256,
    default: 16,
    description: 'Longest repeated pattern that repetition_count looks for, in tokens.',
  }),
  prefix_key: Type.String({
    maxLength: 64,
    default: '',
    description:
      'Key of a row with text that its sampled completions go on from, such as the beginning of a demonstration: graded with them and not trained; answers to validation rows begin where they begin. Empty: none.',
  }),
  answer_segments: answerSegments,
  eval_samples: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 1,
    description: 'Answers to each validation row of one evaluation: one is greedy, more are sampled as in training.',
  }),
};

/** Of recipes whose reward depends on whether an answer is right. */
export const passGrade = Type.Number({
  minimum: 0,
  maximum: 1,
  default: 1,
  description: 'Grade from which on an answer counts as correct.',
});

/** The keys as far as collecting reads them. */
export interface RolloutConfig {
  readonly max_completion_tokens: number;
  readonly max_sequence_length: number;
}

/** The keys that say how completions for training are drawn, and answers to validation rows are not. */
export interface SamplingConfig {
  readonly answer_segments: readonly AnswerSegment[];
  readonly prefix_key: string;
  readonly repetition_count: number;
  readonly repetition_max_pattern: number;
}

const BATCH_SIZE = 64;
/** Steps of a phase when the request names neither steps nor epochs: RL gains most early and costs most per row. */
const MAX_AUTO_STEPS = 150;
const MAX_AUTO_EPOCHS = 50;
const MAX_AUTO_COMPLETION = 64;
/** Shortest prompt: the completion may not fill the whole sequence. */
const MIN_PROMPT_TOKENS = 1;

/** In this order, before the rules of training: `max_steps` must still see whether the request named the epochs. */
export const rolloutRules = {
  batch_size: (_: Known, { rows }: RecipeFacts) => Math.max(1, Math.min(BATCH_SIZE, rows)),
  max_steps: (known: Known, { rows }: RecipeFacts) =>
    known.n_epochs === undefined
      ? Math.min(MAX_AUTO_STEPS, epochSteps({ ...known, n_epochs: MAX_AUTO_EPOCHS }, rows))
      : epochSteps(known, rows),
  n_epochs: (known: Known, { rows }: RecipeFacts) => {
    const needed = Math.ceil((known.max_steps ?? 1) / epochSteps({ ...known, n_epochs: 1 }, rows));
    return Math.max(1, Math.min(MAX_AUTO_EPOCHS, needed));
  },
};

/** After the rules of training. */
export const completionRule = {
  max_completion_tokens: (known: Known) =>
    Math.min(MAX_AUTO_COMPLETION, Math.max(1, Math.floor((known.max_sequence_length ?? 2) / 2))),
};

export function rolloutProblems(config: RolloutConfig & SamplingConfig): Problem[] {
  const { max_completion_tokens: completion, max_sequence_length: sequence } = config;
  const room = `must leave room for a prompt within max_sequence_length (${sequence})`;
  const once = 'must be at least 2, or 0 for no limit: every token comes once';
  return [
    ...(completion + MIN_PROMPT_TOKENS <= sequence ? [] : [{ path: 'max_completion_tokens', message: room }]),
    ...(config.repetition_count === 1 ? [{ path: 'repetition_count', message: once }] : []),
    ...segmentProblems(config),
  ];
}
