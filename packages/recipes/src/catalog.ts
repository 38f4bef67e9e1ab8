/**
 * Every recipe the platform offers, as data: names, schemas, defaults. Adding a recipe adds one line here and one in
 * runtimes.ts. The API imports this file, so nothing reachable from it may load a model, an executor or a tokenizer.
 */
import type { PhaseType } from '@preheat/contracts';
import type { RecipeEntry } from './catalog/recipe-entry.js';
import { aceReasonEntry } from './acereason-synergy/config.js';
import { atsEntry } from './ats-reward/config.js';
import { cooldownEntry } from './cooldown-sampling/config.js';
import { dmtEntry } from './dmt-composition/config.js';
import { dpoEntry } from './dpo/config.js';
import { grpoEntry } from './grpo/config.js';
import { iftEntry } from './ift/config.js';
import { skillmixEntry } from './instruct-skillmix/config.js';
import { ppoEntry } from './ppo/config.js';
import { reftEntry } from './reft-ppo/config.js';
import { rewarmEntry } from './rewarm-cpt/config.js';
import { rifEntry } from './rft-no-forget/config.js';
import { s3ftEntry } from './s3ft/config.js';
import { sariEntry } from './sari-curriculum/config.js';
import { sftEntry } from './sft/config.js';
import { tldrEntry } from './tldr-length/config.js';
import { twoStageEntry } from './two-stage-sft-grpo/config.js';
import { udsEntry } from './uds-batch/config.js';

export { type AdapterConfig, adapterSettings } from './catalog/adapter-keys.js';
export { idleReference } from './catalog/idle-reference.js';
export type { RecipeFacts } from './catalog/recipe-definition.js';
export { validationQuality } from './catalog/validation-quality.js';
export type { RecipeEntry } from './catalog/recipe-entry.js';

export const RECIPES: readonly RecipeEntry[] = [
  sftEntry,
  grpoEntry,
  dpoEntry,
  ppoEntry,
  reftEntry,
  rewarmEntry,
  cooldownEntry,
  dmtEntry,
  s3ftEntry,
  skillmixEntry,
  twoStageEntry,
  tldrEntry,
  rifEntry,
  udsEntry,
  iftEntry,
  aceReasonEntry,
  sariEntry,
  atsEntry,
];

/** What a phase runs when it names no algorithm. */
export const DEFAULT_RECIPES: Readonly<Record<PhaseType, string>> = {
  supervised: 'sft',
  preference: 'dpo',
  reinforcement: 'grpo',
};

/** The recipe of that name, or `undefined`. */
export function recipeNamed(name: string): RecipeEntry | undefined {
  return RECIPES.find((entry) => entry.name === name);
}
