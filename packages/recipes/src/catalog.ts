/**
 * Every recipe the platform offers, as data: names, schemas, defaults. Adding a recipe adds one line here and one in
 * runtimes.ts. The API imports this file, so nothing reachable from it may load a model, an executor or a tokenizer.
 */
import type { PhaseType } from '@preheat/contracts';
import type { RecipeEntry } from './catalog/recipe-entry.js';
import { dmtEntry } from './dmt-composition/config.js';
import { grpoEntry } from './grpo/config.js';
import { skillmixEntry } from './instruct-skillmix/config.js';
import { s3ftEntry } from './s3ft/config.js';
import { sftEntry } from './sft/config.js';

export { type AdapterConfig, adapterSettings } from './catalog/adapter-keys.js';
export type { RecipeFacts } from './catalog/recipe-definition.js';
export { validationQuality } from './catalog/validation-quality.js';
export type { RecipeEntry } from './catalog/recipe-entry.js';

export const RECIPES: readonly RecipeEntry[] = [sftEntry, grpoEntry, dmtEntry, s3ftEntry, skillmixEntry];

/** What a phase runs when it names no algorithm. */
export const DEFAULT_RECIPES: Readonly<Record<PhaseType, string>> = { supervised: 'sft', reinforcement: 'grpo' };

/** The recipe of that name, or `undefined`. */
export function recipeNamed(name: string): RecipeEntry | undefined {
  return RECIPES.find((entry) => entry.name === name);
}
