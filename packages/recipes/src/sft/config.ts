/** Hyperparameters of supervised fine-tuning. The defaults are the vetted setting: asking for `sft` alone is enough. */
import Type, { type Static } from 'typebox';
import { adapterRate } from '../catalog/adapter-keys.js';
import type { AutoRules, RecipeFacts } from '../catalog/recipe-definition.js';
import { defineRecipe } from '../catalog/recipe-entry.js';
import {
  epochSteps,
  learningRateForWidth,
  trainingKeys,
  trainingProblems,
  trainingRules,
} from '../catalog/training-keys.js';

export const SftConfig = Type.Object({ ...trainingKeys }, { additionalProperties: false });
export type SftConfig = Static<typeof SftConfig>;

/** Examples that the automatic number of epochs aims at. */
const TARGET_EXAMPLES = 100_000;
const MAX_AUTO_EPOCHS = 10;
const MAX_AUTO_BATCH = 128;
/** Smaller files take smaller batches, so that an epoch still has about this many steps. */
const AUTO_STEPS_PER_EPOCH = 32;
/** Peak learning rate at a width of 128, from fresh weights. */
const LEARNING_RATE = 3e-3;

const powerOfTwoUpTo = (x: number): number => 2 ** Math.floor(Math.log2(Math.max(1, x)));

/** Batches, epochs and rate of supervised training, for every recipe built on it. */
export const sftRules = {
  n_epochs: (_: Partial<SftConfig>, { rows }: RecipeFacts) =>
    Math.max(1, Math.min(MAX_AUTO_EPOCHS, Math.round(TARGET_EXAMPLES / rows))),
  batch_size: (_: Partial<SftConfig>, { rows }: RecipeFacts) =>
    Math.min(MAX_AUTO_BATCH, powerOfTwoUpTo(rows / AUTO_STEPS_PER_EPOCH)),
  learning_rate: (known: Partial<SftConfig>, { model }: RecipeFacts) =>
    adapterRate(known) * learningRateForWidth(LEARNING_RATE, model.hidden_size),
  max_steps: (known: Partial<SftConfig>, { rows }: RecipeFacts) => epochSteps(known, rows),
  ...trainingRules,
} satisfies AutoRules<SftConfig>;

export const sftEntry = defineRecipe({
  name: 'sft',
  phaseType: 'supervised',
  title: 'Supervised fine-tuning: cross-entropy on the assistant turns',
  config: SftConfig,
  auto: sftRules,
  check: trainingProblems,
  totalSteps: (config, rows) => Math.min(config.max_steps, epochSteps(config, rows)),
});
