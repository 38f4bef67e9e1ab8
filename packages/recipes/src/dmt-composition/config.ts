/** Hyperparameters of data composition: those of supervised fine-tuning, and how specialised and general rows are arranged. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { supervisedConfig, supervisedPhase } from '../sft/config.js';

const DmtConfig = supervisedConfig({
  strategy: Type.Union(
    [Type.Literal('dmt'), Type.Literal('multi_task'), Type.Literal('sequential'), Type.Literal('mixed_sequential')],
    { default: 'dmt', description: 'How the abilities of the rows are arranged into stages.' },
  ),
  specialised_fraction: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1 / 256,
    description: 'Of dmt: share of the specialised rows that the second stage sees again.',
  }),
});
export type DmtConfig = Static<typeof DmtConfig>;

export const dmtEntry = defineRecipe({
  ...supervisedPhase,
  name: 'dmt-composition',
  title: 'Dual-stage mixed fine-tuning: specialised rows first, then general ones with a few of them',
  config: DmtConfig,
});
