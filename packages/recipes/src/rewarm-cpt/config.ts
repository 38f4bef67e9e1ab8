/** Hyperparameters of continual pre-training: those of sft, and the shape of the learning rate. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { trainingKeys, trainingProblems } from '../catalog/training-keys.js';
import { supervisedConfig, supervisedPhase } from '../sft/config.js';

export const RewarmConfig = supervisedConfig({
  warmup_ratio: { ...trainingKeys.warmup_ratio, default: 0.01 },
  lr_schedule: Type.Union([Type.Literal('rewarm'), Type.Literal('floor')], {
    default: 'rewarm',
    description:
      'rewarm: rise to the peak again and fall to the floor on a cosine; floor: stay at the floor, as the earlier training ended.',
  }),
  lr_floor_ratio: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description: 'Share of the peak learning rate that the schedule ends at.',
  }),
  trained_tokens: Type.Union([Type.Literal('all'), Type.Literal('assistant')], {
    default: 'all',
    description: 'Every token of a row, as in pre-training, or those of assistant messages alone.',
  }),
});
export type RewarmConfig = Static<typeof RewarmConfig>;

export const rewarmEntry = defineRecipe({
  ...supervisedPhase,
  name: 'rewarm-cpt',
  title: 'Continual pre-training: the learning rate of a trained model is warmed up again for new text',
  config: RewarmConfig,
  check: (config, facts) => {
    const problems = trainingProblems(config, facts);
    if (config.lr_schedule === 'rewarm' || config.lr_floor_ratio > 0) return problems;
    return [
      ...problems,
      { path: 'lr_floor_ratio', message: 'must be above 0 in lr_schedule floor, which would not move' },
    ];
  },
});
