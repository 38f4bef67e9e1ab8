/** GRPO in the catalog. The defaults are the vetted setting: asking for `grpo` alone is enough. */
import { defineRecipe } from '../catalog/recipe-entry.js';
import { GrpoConfig, grpoPhase } from './keys.js';

export const grpoEntry = defineRecipe({
  ...grpoPhase,
  name: 'grpo',
  title: 'Group relative policy optimisation: completions of one prompt are compared with each other',
  config: GrpoConfig,
});
