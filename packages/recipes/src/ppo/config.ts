/** Hyperparameters of PPO. The defaults are the vetted setting: asking for `ppo` alone is enough. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { phaseSteps } from '../catalog/training-keys.js';
import { ppoKeys, ppoProblems, ppoRules } from './keys.js';

export const PpoConfig = Type.Object(ppoKeys, { additionalProperties: false });
export type PpoConfig = Static<typeof PpoConfig>;

export const ppoEntry = defineRecipe({
  name: 'ppo',
  phaseType: 'reinforcement',
  title: 'Proximal policy optimisation: completions are judged by what a value model expected of them',
  config: PpoConfig,
  auto: ppoRules,
  check: ppoProblems,
  totalSteps: phaseSteps,
});
