/** Hyperparameters of skill mixing: those of supervised fine-tuning, and how many skills an example shows. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { supervisedConfig, supervisedPhase } from '../sft/config.js';

const SkillmixConfig = supervisedConfig({
  skills_per_example: Type.Integer({
    minimum: 0,
    maximum: 16,
    default: 2,
    description: 'Rows that show exactly so many skills are used; 0 uses the rows that name none.',
  }),
  examples: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 4000,
    description: 'Rows chosen from those, every combination of skills as often as any other where there are enough.',
  }),
});
export type SkillmixConfig = Static<typeof SkillmixConfig>;

export const skillmixEntry = defineRecipe({
  ...supervisedPhase,
  name: 'instruct-skillmix',
  title: 'Fine-tuning on examples of random combinations of k skills, every combination alike',
  config: SkillmixConfig,
});
