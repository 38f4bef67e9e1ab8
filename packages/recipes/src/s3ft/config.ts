/** Hyperparameters of selective self-to-supervised fine-tuning: those of supervised fine-tuning, and how answers are drawn. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { supervisedConfig, supervisedPhase } from '../sft/config.js';

const S3ftConfig = supervisedConfig({
  max_completion_tokens: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    description: 'Longest answer the model is asked for, its stop token included.',
  }),
  paraphrase_samples: Type.Integer({
    minimum: 0,
    maximum: 64,
    default: 4,
    description:
      'Sampled answers among which a right one is looked for where the greedy answer is not known to be right.',
  }),
  temperature: Type.Number({
    minimum: 0.05,
    maximum: 2,
    default: 1,
    description: 'Of the sampled answers.',
  }),
  fallback: Type.Union([Type.Literal('gold'), Type.Literal('drop')], {
    default: 'gold',
    description:
      'Rows for which the model has no right answer: train on the given one, or leave them out. Rows of which no answer could be graded are left out either way.',
  }),
});
export type S3ftConfig = Static<typeof S3ftConfig>;

const MAX_AUTO_COMPLETION = 64;

export const s3ftEntry = defineRecipe({
  ...supervisedPhase,
  name: 's3ft',
  phaseType: 'reinforcement',
  title: "Selective self-to-supervised fine-tuning: the model's own right answers in place of the given ones",
  config: S3ftConfig,
  auto: {
    ...supervisedPhase.auto,
    max_completion_tokens: (known) =>
      Math.min(MAX_AUTO_COMPLETION, Math.max(1, Math.floor((known.max_sequence_length ?? 2) / 2))),
  },
});
