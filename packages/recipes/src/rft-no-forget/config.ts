/** Hyperparameters of RIF-RFT: those of GRPO, and how rows are tried before the first step. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { passGrade } from '../catalog/rollout-keys.js';
import { grpoConfig, grpoPhase } from '../grpo/keys.js';

const RifConfig = grpoConfig({
  pass_grade: passGrade,
  filter_rollouts: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 8,
    description: 'Answers to each row before the first step; rows without a right one are left out.',
  }),
});
export type RifConfig = Static<typeof RifConfig>;

export const rifEntry = defineRecipe({
  ...grpoPhase,
  name: 'rft-no-forget',
  title: 'GRPO on the rows that the starting policy can answer at all; the others are left out',
  config: RifConfig,
});
