/** Hyperparameters of utility-diversity sampling: those of sft, and how rows are chosen from each batch. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { supervisedConfig, supervisedPhase } from '../sft/config.js';

const size = (fallback: number, maximum: number, description: string) =>
  Type.Integer({ minimum: 1, maximum, default: fallback, description });

const UdsConfig = supervisedConfig({
  selection: Type.Union(
    [
      Type.Literal('uds'),
      Type.Literal('utility'),
      Type.Literal('diversity'),
      Type.Literal('max_loss'),
      Type.Literal('random'),
    ],
    {
      default: 'uds',
      description:
        'What rows of a batch are chosen by: utility and diversity (uds), either alone, the highest loss, or at random.',
    },
  ),
  keep_fraction: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.25,
    description: 'Share of the rows of a batch that are trained on.',
  }),
  diversity_weight: Type.Number({
    minimum: 0,
    maximum: 1000,
    default: 0.002,
    description: 'Weight of the distance to what was trained on of late, beside the utility.',
  }),
  memory_size: size(1024, 65_536, 'Rows trained on of late that a candidate is compared with.'),
  sketch_rows: size(8, 256, 'Numbers that stand for the positions of a row in that comparison.'),
  sketch_columns: size(128, 4096, 'Numbers that stand for the vocabulary in it.'),
});
export type UdsConfig = Static<typeof UdsConfig>;

export const udsEntry = defineRecipe({
  ...supervisedPhase,
  name: 'uds-batch',
  title: 'Fine-tuning on the rows of each batch that are most useful and least like those before',
  config: UdsConfig,
});
