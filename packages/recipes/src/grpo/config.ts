/** Hyperparameters of GRPO. The defaults are the vetted setting: asking for `grpo` alone is enough. */
import Type, { type Static } from 'typebox';
import { adapterRate } from '../catalog/adapter-keys.js';
import { defineRecipe } from '../catalog/recipe-entry.js';
import {
  epochSteps,
  learningRateForWidth,
  trainingKeys,
  trainingProblems,
  trainingRules,
} from '../catalog/training-keys.js';

export const GrpoConfig = Type.Object(
  {
    ...trainingKeys,
    compute_multiplier: Type.Number({
      exclusiveMinimum: 1e-5,
      maximum: 10,
      default: 1,
      description: 'Multiplies the automatic group size: more exploration for each prompt.',
    }),
    group_size: Type.Integer({ minimum: 2, maximum: 256, description: 'Completions sampled for each prompt.' }),
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
  },
  { additionalProperties: false },
);
export type GrpoConfig = Static<typeof GrpoConfig>;

const GROUP_SIZE = 8;
const BATCH_SIZE = 64;
/** Steps of a phase when the request names neither steps nor epochs: RL gains most early and costs most per row. */
const MAX_AUTO_STEPS = 150;
const MAX_AUTO_COMPLETION = 64;
/** At a width of 128; three times as much costs a well-trained model more than 50 steps to recover from. */
const LEARNING_RATE = 1e-4;
/** Shortest prompt: the completion may not fill the whole sequence. */
const MIN_PROMPT_TOKENS = 1;

export const grpoEntry = defineRecipe({
  name: 'grpo',
  phaseType: 'reinforcement',
  title: 'Group relative policy optimisation: completions of one prompt are compared with each other',
  config: GrpoConfig,
  auto: {
    batch_size: (_, { rows }) => Math.max(1, Math.min(BATCH_SIZE, rows)),
    learning_rate: (known, { model }) => adapterRate(known) * learningRateForWidth(LEARNING_RATE, model.hidden_size),
    // Before n_epochs, so that it still shows whether the request named the epochs.
    max_steps: (known, { rows }) =>
      known.n_epochs === undefined
        ? Math.min(MAX_AUTO_STEPS, epochSteps({ ...known, n_epochs: 50 }, rows))
        : epochSteps(known, rows),
    n_epochs: (known, { rows }) =>
      Math.max(1, Math.min(50, Math.ceil((known.max_steps ?? 1) / epochSteps({ ...known, n_epochs: 1 }, rows)))),
    group_size: (known) => Math.max(2, Math.min(256, Math.round(GROUP_SIZE * (known.compute_multiplier ?? 1)))),
    ...trainingRules,
    max_completion_tokens: (known) =>
      Math.min(MAX_AUTO_COMPLETION, Math.max(1, Math.floor((known.max_sequence_length ?? 2) / 2))),
  },
  check: (config, facts) => {
    if (config.max_completion_tokens + MIN_PROMPT_TOKENS > config.max_sequence_length) {
      const message = `must leave room for a prompt within max_sequence_length (${config.max_sequence_length})`;
      return [{ path: 'max_completion_tokens', message }];
    }
    return trainingProblems(config, facts);
  },
  totalSteps: (config, rows) => Math.min(config.max_steps, epochSteps(config, rows)),
});
