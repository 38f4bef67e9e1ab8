/** The code behind every name in the catalog. One line a recipe; a test keeps both tables equal. */
import { dmtComposition } from './dmt-composition/recipe.js';
import { grpo } from './grpo/recipe.js';
import { instructSkillmix } from './instruct-skillmix/recipe.js';
import type { AnyRecipe, Recipe } from './recipe.js';
import { s3ft } from './s3ft/recipe.js';
import { sft } from './sft/recipe.js';

const opaque = <Config extends object, State>(recipe: Recipe<Config, State>): AnyRecipe =>
  // The catalog resolved the config by the recipe's own schema, and a state only returns to the recipe that made it.
  recipe as unknown as AnyRecipe;

export const RUNTIMES: Readonly<Record<string, AnyRecipe>> = {
  [sft.name]: opaque(sft),
  [grpo.name]: opaque(grpo),
  [dmtComposition.name]: opaque(dmtComposition),
  [s3ft.name]: opaque(s3ft),
  [instructSkillmix.name]: opaque(instructSkillmix),
};
