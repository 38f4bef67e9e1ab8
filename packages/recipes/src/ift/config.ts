/** Hyperparameters of Intuitive Fine-Tuning: those of supervised fine-tuning, and its two parts. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { supervisedConfig, supervisedPhase } from '../sft/config.js';

const IftConfig = supervisedConfig({
  residual: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.2,
    description: 'Share of every answer token that is read as what the model would have said there; 0 reads the row.',
  }),
  residual_mode: Type.Union([Type.Literal('blend'), Type.Literal('swap')], {
    default: 'blend',
    description:
      'How the share is taken: of the embedding of every token, or as whole tokens swapped by chance, rising from none to the share over the phase (scheduled sampling).',
  }),
  propagation: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.95,
    description: 'Decay with which the loss of later tokens counts for the weight of a token; 0 weighs all alike.',
  }),
  propagate_gradient: Type.Boolean({
    default: false,
    description: 'Whether the weights are differentiated too, as in the code of the authors.',
  }),
});
export type IftConfig = Static<typeof IftConfig>;

export const iftEntry = defineRecipe({
  ...supervisedPhase,
  name: 'ift',
  title:
    'Intuitive fine-tuning: rows are read partly as the model would have written them, and early mistakes weigh more',
  config: IftConfig,
});
