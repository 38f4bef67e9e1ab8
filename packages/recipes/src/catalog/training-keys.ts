/**
 * Hyperparameters every recipe shares, in OpenAI's names where OpenAI has them. A recipe spreads `trainingKeys` into its
 * schema and `trainingRules` into its rules, and states its own defaults.
 */
import type { Problem } from '@preheat/contracts';
import Type from 'typebox';
import { type AdapterConfig, adapterKeys, adapterProblems, adapterRules } from './adapter-keys.js';
import type { RecipeFacts } from './recipe-definition.js';

const MAX_STEPS = 1_000_000;

export const trainingKeys = {
  n_epochs: Type.Integer({ minimum: 1, maximum: 50, description: 'Passes over the training file.' }),
  batch_size: Type.Integer({ minimum: 1, maximum: 4096, description: 'Training rows (for RL: prompts) of one step.' }),
  learning_rate: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    description: 'Peak learning rate. Auto: a rule in the width of the model.',
  }),
  learning_rate_multiplier: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1000,
    default: 1,
    description: 'Multiplies the learning rate.',
  }),
  warmup_ratio: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.05,
    description: 'Share of the steps in which the learning rate rises linearly.',
  }),
  weight_decay: Type.Number({ minimum: 0, maximum: 1, default: 0.01, description: 'Decoupled decay of AdamW.' }),
  max_grad_norm: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1e6,
    default: 1,
    description: 'The gradient is scaled down to this global norm.',
  }),
  ema_decay: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    default: 0,
    description:
      'Keeps a moving average of what is trained. Checkpoints are published and validated with it. After n updates the next one keeps min(ema_decay, (1 + n) / (10 + n)) of it, so it spans at most about the last tenth of the run so far and, in the long run, 1 / (1 - ema_decay) updates. 0 keeps none.',
  }),
  gradient_checkpointing: Type.Boolean({
    default: false,
    description:
      'Computes every layer again in the backward pass instead of keeping what is in it: less memory for long rows, about a third more arithmetic.',
  }),
  max_steps: Type.Integer({
    minimum: 1,
    maximum: MAX_STEPS,
    description: 'Ends the phase early. Auto: as many steps as the epochs take.',
  }),
  max_sequence_length: Type.Integer({
    minimum: 8,
    maximum: 1_048_576,
    description:
      'Tokens of a row, prompt and answer together; longer rows are cut at the end. Auto: the context of the model.',
  }),
  checkpoint_interval: Type.Integer({
    minimum: 1,
    maximum: MAX_STEPS,
    description: 'Steps between checkpoints, beside those of recorded validations. Auto: ten in a phase.',
  }),
  eval_interval: Type.Integer({
    minimum: 1,
    maximum: MAX_STEPS,
    description: 'Steps between evaluations on the validation file. Auto: ten in a phase.',
  }),
  eval_rows: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 256,
    description: 'Validation rows of one evaluation.',
  }),
  ...adapterKeys,
};

/** Values known when a rule runs; rules run in the order written. */
export interface Known {
  n_epochs?: number;
  batch_size?: number;
  max_steps?: number;
  max_sequence_length?: number;
}

export const stepsPerEpoch = (rows: number, batchSize: number): number => Math.ceil(rows / batchSize);

/** Steps that the epochs take. */
export function epochSteps(known: Known, rows: number): number {
  return Math.min(MAX_STEPS, (known.n_epochs ?? 1) * stepsPerEpoch(rows, known.batch_size ?? 1));
}

/** Optimiser steps of a phase. */
export const phaseSteps = (config: Known & { readonly max_steps: number }, rows: number): number =>
  Math.min(config.max_steps, epochSteps(config, rows));

const EVENTS_PER_PHASE = 10;
const inTenths = (known: Known, { rows }: RecipeFacts): number =>
  Math.max(1, Math.ceil(Math.min(known.max_steps ?? MAX_STEPS, epochSteps(known, rows)) / EVENTS_PER_PHASE));

/** Rules that need the epochs, the batch size and `max_steps` resolved before them. */
export const trainingRules = {
  ...adapterRules,
  max_sequence_length: (_: Known, { model }: RecipeFacts) => model.max_position_embeddings,
  checkpoint_interval: inTenths,
  eval_interval: inTenths,
};

/**
 * Peak learning rate by width: `atWidth128` at a width of 128, falling as 1/width, the scaling of hidden matrices under
 * Adam (Yang et al. 2022, Tensor Programs V, table 3). Rounded to three digits, so that it prints as it is.
 */
export function learningRateForWidth(atWidth128: number, width: number): number {
  const rate = Math.max(1e-6, Math.min(atWidth128, (atWidth128 * 128) / width));
  return Number(rate.toPrecision(3));
}

export function trainingProblems(config: Required<Known> & AdapterConfig, { model }: RecipeFacts): Problem[] {
  const problems = adapterProblems(config, model);
  const context = model.max_position_embeddings;
  if (config.max_sequence_length <= context) return problems;
  const message = `must be at most the context of the model (${context})`;
  return [...problems, { path: 'max_sequence_length', message }];
}
