/** Hyperparameters of skill mixing: those of supervised fine-tuning, and how many skills an example shows. */
import Type, { type Static } from 'typebox';
import { rulesForRows } from '../catalog/recipe-definition.js';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { phaseSteps } from '../catalog/training-keys.js';
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

/** Rows that are trained on at most; how many show so many skills, only the rows tell. */
const mostRows = (rows: number, examples: number): number => Math.min(rows, examples);

export const skillmixEntry = defineRecipe({
  ...supervisedPhase,
  auto: rulesForRows<SkillmixConfig>(supervisedPhase.auto, ({ examples }, rows) => mostRows(rows, examples ?? rows)),
  totalSteps: (config, rows) => phaseSteps(config, mostRows(rows, config.examples)),
  name: 'instruct-skillmix',
  title: 'Fine-tuning on examples of random combinations of k skills, every combination alike',
  config: SkillmixConfig,
});
