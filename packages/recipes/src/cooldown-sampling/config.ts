/** Hyperparameters of sampling from domains of unequal sizes: those of sft, and the temperatures. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { supervisedConfig, supervisedPhase } from '../sft/config.js';

const temperature = (description: string, fallback: number) =>
  Type.Number({ minimum: 1, maximum: 10_000, default: fallback, description });

export const CooldownConfig = supervisedConfig({
  domain_key: Type.String({
    minLength: 1,
    maxLength: 128,
    default: 'domain',
    description: 'Key of a row that names its domain; rows without it form one domain of their own.',
  }),
  start_temperature: temperature('Of the draws before the cooldown; 1 draws domains by size, large values evenly.', 5),
  end_temperature: temperature('Of the draws after the cooldown.', 1),
  cooldown_at: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.5,
    description: 'Share of the steps after which the temperature changes.',
  }),
  balance: Type.Union([Type.Literal('sampling'), Type.Literal('weighting')], {
    default: 'sampling',
    description:
      'sampling: domains are drawn at the temperature; weighting: by size, and their losses weighed to the same expectation.',
  }),
  variance_rows: Type.Integer({
    minimum: 0,
    maximum: 1024,
    default: 0,
    description:
      'Rows of each domain whose gradients are measured one by one after every `eval_interval` steps, to tell how much more they vary when weighed; 0 measures nothing.',
  }),
});
export type CooldownConfig = Static<typeof CooldownConfig>;

export const cooldownEntry = defineRecipe({
  ...supervisedPhase,
  name: 'cooldown-sampling',
  title: 'Temperature sampling over domains: small ones are drawn more often at first, by size later',
  config: CooldownConfig,
});
