/** Hyperparameters of GRPO, shared by the recipes that are built on it. */
import type { Problem } from '@preheat/contracts';
import Type, { type Static, type TProperties } from 'typebox';
import { forkProblems } from '../catalog/answer-segments.js';
import { adapterRate } from '../catalog/adapter-keys.js';
import type { AutoRules, RecipeFacts } from '../catalog/recipe-definition.js';
import { completionRule, rolloutKeys, rolloutProblems, rolloutRules } from '../catalog/rollout-keys.js';
import {
  learningRateForWidth,
  phaseSteps,
  trainingKeys,
  trainingProblems,
  trainingRules,
} from '../catalog/training-keys.js';

const RewardTurn = Type.Object(
  {
    part: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    steps: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  },
  { additionalProperties: false },
);
/** Some steps of training for one part of a multi grader; for the whole grade where none is named. */
export type RewardTurn = Static<typeof RewardTurn>;

const grpoKeys = {
  ...trainingKeys,
  ...rolloutKeys,
  compute_multiplier: Type.Number({
    exclusiveMinimum: 1e-5,
    maximum: 10,
    default: 1,
    description: 'Multiplies the automatic group size: more exploration for each prompt.',
  }),
  group_size: Type.Integer({ minimum: 2, maximum: 256, description: 'Completions sampled for each prompt.' }),
  clip_low: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.2,
    description: 'A token is no longer pushed down once its probability ratio is below 1 − clip_low.',
  }),
  clip_high: Type.Number({
    minimum: 0,
    maximum: 10,
    default: 0.28,
    description: 'A token is no longer pushed up once its probability ratio is above 1 + clip_high.',
  }),
  dual_clip: Type.Number({
    minimum: 0,
    maximum: 100,
    default: 0,
    description:
      'Bounds the probability ratio of tokens with a negative advantage, so that one unlikely token cannot outweigh a batch; above 1 + clip_high. 0 leaves it unbounded.',
  }),
  entropy_bonus: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.',
  }),
  kl_beta: Type.Number({
    minimum: 0,
    maximum: 10,
    default: 0,
    description:
      'Weight of the KL penalty towards the reference, what the phase (or the job) started from; 0 leaves it out.',
  }),
  epochs_per_batch: Type.Integer({
    minimum: 1,
    maximum: 16,
    default: 1,
    description: 'Optimiser steps on each batch of completions; 1 is on-policy.',
  }),
  normalise_std: Type.Boolean({
    default: true,
    description: 'Divide advantages by the standard deviation of their group; false is Dr. GRPO.',
  }),
  advantage_baseline: Type.Union([Type.Literal('group_mean'), Type.Literal('leave_one_out')], {
    default: 'group_mean',
    description:
      'What a reward is compared with: the mean of its whole group, or of the others in it; leave_one_out without normalise_std is RLOO.',
  }),
  mask_truncated: Type.Boolean({
    default: false,
    description:
      'Completions cut at the length limit train nothing (the overlong filter); they still count in their group.',
  }),
  target_entropy: Type.Number({
    minimum: 0,
    maximum: 20,
    default: 0,
    description:
      'Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves the temperature as it is.',
  }),
  entropy_gain: Type.Number({
    minimum: 0,
    maximum: 10,
    default: 0.1,
    description: 'Relative move of the temperature in a step, for each nat the entropy is off its target.',
  }),
  reward_schedule: Type.Array(RewardTurn, {
    maxItems: 16,
    default: [],
    description:
      'Rewards that take turns, round after round: each trains for `part` of a multi grader, or for the whole grade where none is named, for so many `steps`. Empty always trains for the grade.',
  }),
  loss_aggregation: Type.Union([Type.Literal('token'), Type.Literal('sequence'), Type.Literal('constant')], {
    default: 'token',
    description:
      'What counts the same in the mean: every token (DAPO), every completion (GRPO as published), or every token over a constant length (Dr. GRPO).',
  }),
};

/** The keys of GRPO, and those that a recipe built on it adds. */
export const grpoConfig = <Own extends TProperties>(own: Own) =>
  Type.Object({ ...grpoKeys, ...own }, { additionalProperties: false });

export const GrpoConfig = grpoConfig({});
export type GrpoConfig = Static<typeof GrpoConfig>;

const GROUP_SIZE = 8;
/** At a width of 128; three times as much costs a well-trained model more than 50 steps to recover from. */
const LEARNING_RATE = 1e-4;

const grpoRules = {
  ...rolloutRules,
  learning_rate: (known: Partial<GrpoConfig>, { model }: RecipeFacts) =>
    adapterRate(known) * learningRateForWidth(LEARNING_RATE, model.hidden_size),
  group_size: (known: Partial<GrpoConfig>) =>
    Math.max(2, Math.min(256, Math.round(GROUP_SIZE * (known.compute_multiplier ?? 1)))),
  ...trainingRules,
  ...completionRule,
} satisfies AutoRules<GrpoConfig>;

function clipProblems({ dual_clip: dualClip, clip_high: clipHigh }: GrpoConfig): Problem[] {
  if (dualClip === 0 || dualClip > 1 + clipHigh) return [];
  return [{ path: 'dual_clip', message: `must be above 1 + clip_high (${1 + clipHigh}), or 0 for no bound` }];
}

function scheduleProblems({ reward_schedule: turns }: GrpoConfig, { scores }: RecipeFacts): Problem[] {
  return turns.flatMap(({ part }, index) => {
    if (part === undefined || !scores || scores.includes(part)) return [];
    const message = `names no part of the grader, which has ${scores.join(', ')}`;
    return [{ path: `reward_schedule.${index}.part`, message }];
  });
}

/**
 * A segment with a temperature of its own would stay where it is, and the entropy with it. What a nucleus leaves is likelier than what
 * the policy means to say, so that −log π of it is no entropy, and may rise where that falls.
 */
function controlProblems({ target_entropy: target, answer_segments: segments }: GrpoConfig): Problem[] {
  if (target === 0) return [];
  const problem = (index: number, key: string, message: string): Problem[] =>
    index < 0 ? [] : [{ path: `answer_segments.${index}.${key}`, message }];
  return [
    ...problem(
      segments.findIndex(({ temperature }) => temperature !== undefined),
      'temperature',
      'cannot stand beside target_entropy, which moves the temperature of all segments: leave one of both out',
    ),
    ...problem(
      segments.findIndex(({ top_p: topP = 1 }) => topP < 1),
      'top_p',
      'must be 1 beside target_entropy, which reads the entropy from the sampled tokens, and of a nucleus they do not tell it: leave one of both out',
    ),
  ];
}

/** What recipes built on GRPO have in common; each adds its name, title and config. */
export const grpoPhase = {
  phaseType: 'reinforcement',
  auto: grpoRules,
  check: (config: GrpoConfig, facts: RecipeFacts): Problem[] => [
    ...rolloutProblems(config),
    ...clipProblems(config),
    ...scheduleProblems(config, facts),
    ...forkProblems(config.answer_segments, config.group_size),
    ...controlProblems(config),
    ...trainingProblems(config, facts),
  ],
  totalSteps: phaseSteps,
} as const;
