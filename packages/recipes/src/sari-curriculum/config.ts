/** Hyperparameters of curriculum-guided reinforcement: those of GRPO, and how rows are tried and ordered by difficulty. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { passGrade } from '../catalog/rollout-keys.js';
import { grpoConfig, grpoPhase } from '../grpo/keys.js';

const SariConfig = grpoConfig({
  pass_grade: passGrade,
  curriculum: Type.Union([Type.Literal('easy_to_hard'), Type.Literal('hard_to_easy'), Type.Literal('shuffled')], {
    default: 'easy_to_hard',
    description: 'Order of the rows in every epoch, by how often the starting policy answers them right.',
  }),
  filter_rollouts: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 8,
    description: 'Answers to each row before the first step, by which its difficulty is known.',
  }),
  drop_unsolved: Type.Boolean({
    default: true,
    description: 'Leave out rows that none of these answers solves.',
  }),
});
export type SariConfig = Static<typeof SariConfig>;

export const sariEntry = defineRecipe({
  ...grpoPhase,
  name: 'sari-curriculum',
  title: 'GRPO on rows from easy to hard, by how often the starting policy solves them',
  config: SariConfig,
});
