/** Hyperparameters of PPO, shared by the recipes that are built on it. */
import type { Problem } from '@preheat/contracts';
import Type, { type Static } from 'typebox';
import { refusedForks } from '../catalog/answer-segments.js';
import { completionRule, rolloutKeys, rolloutProblems, rolloutRules } from '../catalog/rollout-keys.js';
import { adapterRate } from '../catalog/adapter-keys.js';
import type { AutoRules, RecipeFacts } from '../catalog/recipe-definition.js';
import { learningRateForWidth, trainingKeys, trainingProblems, trainingRules } from '../catalog/training-keys.js';

const share = (description: string, fallback: number) =>
  Type.Number({ minimum: 0, maximum: 1, default: fallback, description });

export const ppoKeys = {
  ...trainingKeys,
  ...rolloutKeys,
  samples_per_prompt: Type.Integer({
    minimum: 1,
    maximum: 256,
    default: 1,
    description: 'Completions of each prompt in a step; PPO compares with its value model, so one is enough.',
  }),
  clip_ratio: Type.Number({
    exclusiveMinimum: 0,
    maximum: 10,
    default: 0.2,
    description: 'How far the probability ratio of a token may move from 1 before its gradient stops.',
  }),
  value_clip: Type.Number({
    minimum: 0,
    maximum: 1000,
    default: 0.2,
    description: 'How far a value may move on one batch and still gain by it; 0 lets it move any distance.',
  }),
  value_coefficient: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1000,
    default: 0.5,
    description: 'Weight of the error of the value model in the loss.',
  }),
  gamma: share('Discount of a reward by token.', 1),
  gae_lambda: share('Between one-step (0) and whole-return (1) estimates of advantages.', 0.95),
  kl_beta: Type.Number({
    minimum: 0,
    maximum: 10,
    default: 0.02,
    description:
      'What every token pays for having become likelier than under the reference, per nat, as part of its reward; 0 leaves it out.',
  }),
  entropy_bonus: share('Weight of the entropy of the policy, which the loss then rewards; 0 leaves it out.', 0),
  whiten_advantages: Type.Boolean({
    default: true,
    description: 'Centre the advantages of a batch and divide them by their standard deviation.',
  }),
  epochs_per_batch: Type.Integer({
    minimum: 1,
    maximum: 16,
    default: 2,
    description: 'Optimiser steps on each batch of completions.',
  }),
};
const PpoKeys = Type.Object(ppoKeys);
/** What the loop reads; recipes on top may have more. */
export type PpoLoopConfig = Static<typeof PpoKeys>;

/** At a width of 128. */
const LEARNING_RATE = 1e-4;

export const ppoRules = {
  ...rolloutRules,
  learning_rate: (known: Partial<PpoLoopConfig>, { model }: RecipeFacts) =>
    adapterRate(known) * learningRateForWidth(LEARNING_RATE, model.hidden_size),
  ...trainingRules,
  ...completionRule,
} satisfies AutoRules<PpoLoopConfig>;

export const ppoProblems = (config: PpoLoopConfig, facts: RecipeFacts): Problem[] => [
  ...rolloutProblems(config),
  ...refusedForks(config.answer_segments, 'PPO'),
  ...trainingProblems(config, facts),
];
