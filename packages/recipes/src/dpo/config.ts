/** Hyperparameters of preference tuning. The defaults are the vetted setting: asking for `dpo` alone is enough. */
import Type, { type Static } from 'typebox';
import { adapterRate } from '../catalog/adapter-keys.js';
import { defineRecipe } from '../catalog/recipe-entry.js';
import {
  epochSteps,
  learningRateForWidth,
  phaseSteps,
  trainingKeys,
  trainingProblems,
  trainingRules,
} from '../catalog/training-keys.js';

export const DpoConfig = Type.Object(
  {
    ...trainingKeys,
    beta: Type.Number({
      exclusiveMinimum: 0,
      maximum: 2,
      default: 0.1,
      description:
        'How much a log-probability over the reference counts as reward; small values let the policy go further.',
    }),
    loss_type: Type.Union([Type.Literal('sigmoid'), Type.Literal('ipo'), Type.Literal('simpo'), Type.Literal('orpo')], {
      default: 'sigmoid',
      description: 'Of DPO (sigmoid), IPO, SimPO or ORPO; the last two have no reference.',
    }),
    target_margin: Type.Number({
      minimum: 0,
      maximum: 100,
      default: 0,
      description: 'By how much reward the preferred answer is to lead, in simpo alone (its γ).',
    }),
  },
  { additionalProperties: false },
);
export type DpoConfig = Static<typeof DpoConfig>;

/** Pairs that the automatic number of epochs aims at. */
const TARGET_PAIRS = 100_000;
const MAX_AUTO_EPOCHS = 3;
const MAX_AUTO_BATCH = 64;
/** Smaller files take smaller batches, so that an epoch still has about this many steps. */
const AUTO_STEPS_PER_EPOCH = 32;
/** Peak learning rate at a width of 128: a tenth of that from fresh weights, as pairs refine a policy that has learned. */
const LEARNING_RATE = 3e-4;

const powerOfTwoUpTo = (x: number): number => 2 ** Math.floor(Math.log2(Math.max(1, x)));

export const dpoEntry = defineRecipe({
  name: 'dpo',
  phaseType: 'preference',
  title: 'Direct preference optimisation: preferred answers are made likelier than the others',
  config: DpoConfig,
  auto: {
    n_epochs: (_, { rows }) => Math.max(1, Math.min(MAX_AUTO_EPOCHS, Math.round(TARGET_PAIRS / rows))),
    batch_size: (_, { rows }) => Math.min(MAX_AUTO_BATCH, powerOfTwoUpTo(rows / AUTO_STEPS_PER_EPOCH)),
    learning_rate: (known, { model }) => adapterRate(known) * learningRateForWidth(LEARNING_RATE, model.hidden_size),
    max_steps: (known, { rows }) => epochSteps(known, rows),
    ...trainingRules,
  },
  check: (config, facts) => {
    const problems = trainingProblems(config, facts);
    if (config.target_margin === 0 || config.loss_type === 'simpo') return problems;
    return [
      ...problems,
      { path: 'target_margin', message: `has no meaning in loss_type ${config.loss_type}: leave it 0` },
    ];
  },
  totalSteps: phaseSteps,
});
