/** Hyperparameters of decisions with a reward of several parts: those of GRPO, the weight of each part, and the monitor. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { passGrade } from '../catalog/rollout-keys.js';
import { grpoConfig, grpoPhase } from '../grpo/keys.js';

const weight = (fallback: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 100, default: fallback, description });

const AtsConfig = grpoConfig({
  kl_beta: Type.Number({
    minimum: 0,
    maximum: 10,
    default: 0.04,
    description: 'Weight of the KL penalty towards the reference; unlike in grpo not 0, for a gentle polish.',
  }),
  pass_grade: passGrade,
  select_mark: Type.String({
    minLength: 1,
    maxLength: 32,
    default: 'y',
    description: 'An answer, what follows the last #, selects when it begins with this text.',
  }),
  label_weight: weight(1, 'What a right decision earns.'),
  evidence_weight: weight(0.3, 'Weight of the part "evidence" of a multi grader.'),
  calibration_weight: weight(0.3, 'Weight of its part "calibration".'),
  format_weight: weight(0.1, 'Weight of its part "format".'),
  false_select_penalty: weight(0.3, 'What selecting wrongly costs. Large values teach to select nobody.'),
  collapse_fraction: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description: 'A step whose share of selecting answers is below this is taken for a collapse; 0 watches for none.',
  }),
  collapse_steps: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 3,
    description: 'Such steps in a row that end the phase.',
  }),
});
export type AtsConfig = Static<typeof AtsConfig>;

export const atsEntry = defineRecipe({
  ...grpoPhase,
  name: 'ats-reward',
  title: 'GRPO for yes-or-no decisions with a reward of several parts, and a monitor of who is selected',
  config: AtsConfig,
});
