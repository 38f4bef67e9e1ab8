/** Hyperparameters of supervised fine-tuning. The defaults are the vetted setting: asking for `sft` alone is enough. */
import Type, { type Static, type TProperties } from 'typebox';
import { adapterRate } from '../catalog/adapter-keys.js';
import { type AutoRules, type RecipeFacts, rulesForRows } from '../catalog/recipe-definition.js';
import { defineRecipe } from '../catalog/recipe-entry.js';
import {
  epochSteps,
  learningRateForWidth,
  phaseSteps,
  trainingKeys,
  trainingProblems,
  trainingRules,
} from '../catalog/training-keys.js';

/** The keys of supervised training, and those that a recipe built on it adds. */
export const supervisedConfig = <Own extends TProperties>(own: Own) =>
  Type.Object({ ...trainingKeys, ...own }, { additionalProperties: false });

/** The keys that every recipe built on supervised training has. */
const SupervisedConfig = supervisedConfig({});
export type SupervisedConfig = Static<typeof SupervisedConfig>;

const SftConfig = supervisedConfig({
  prune_fraction: Type.Number({
    minimum: 0,
    maximum: 0.99,
    default: 0,
    description:
      'Share of the rows that is left out: those that the model predicts best before the first step (EL2N), so it wants a model that knows something of the task. 0 keeps all.',
  }),
});
export type SftConfig = Static<typeof SftConfig>;

/** Rows that are trained on, of so many; jobs made before the key was there keep all. */
export const prunedCount = ({ prune_fraction: share = 0 }: Partial<SftConfig>, rows: number): number =>
  Math.max(1, rows - Math.floor(share * rows));

/** Examples that the automatic number of epochs aims at. */
const TARGET_EXAMPLES = 100_000;
const MAX_AUTO_EPOCHS = 10;
const MAX_AUTO_BATCH = 128;
/** Smaller files take smaller batches, so that an epoch still has about this many steps. */
const AUTO_STEPS_PER_EPOCH = 32;
/** Peak learning rate at a width of 128, from fresh weights. */
const LEARNING_RATE = 3e-3;

const powerOfTwoUpTo = (x: number): number => 2 ** Math.floor(Math.log2(Math.max(1, x)));

/** Batches, epochs and rate of supervised training. */
const sftRules = {
  n_epochs: (_: Partial<SupervisedConfig>, { rows }: RecipeFacts) =>
    Math.max(1, Math.min(MAX_AUTO_EPOCHS, Math.round(TARGET_EXAMPLES / rows))),
  batch_size: (_: Partial<SupervisedConfig>, { rows }: RecipeFacts) =>
    Math.min(MAX_AUTO_BATCH, powerOfTwoUpTo(rows / AUTO_STEPS_PER_EPOCH)),
  learning_rate: (known: Partial<SupervisedConfig>, { model }: RecipeFacts) =>
    adapterRate(known) * learningRateForWidth(LEARNING_RATE, model.hidden_size),
  max_steps: (known: Partial<SupervisedConfig>, { rows }: RecipeFacts) => epochSteps(known, rows),
  ...trainingRules,
} satisfies AutoRules<SupervisedConfig>;

/** What recipes built on supervised training have in common; each adds its name, title and config. */
export const supervisedPhase = {
  phaseType: 'supervised',
  auto: sftRules,
  check: trainingProblems,
  totalSteps: phaseSteps,
} as const;

export const sftEntry = defineRecipe({
  ...supervisedPhase,
  auto: rulesForRows<SftConfig>(supervisedPhase.auto, prunedCount),
  totalSteps: (config, rows) => phaseSteps(config, prunedCount(config, rows)),
  name: 'sft',
  title: 'Supervised fine-tuning: cross-entropy on the assistant turns',
  config: SftConfig,
});
