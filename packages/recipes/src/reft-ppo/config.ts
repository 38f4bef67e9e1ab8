/** Hyperparameters of ReFT: those of PPO, and what a wrong answer earns. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { passGrade } from '../catalog/rollout-keys.js';
import { phaseSteps } from '../catalog/training-keys.js';
import { ppoKeys, ppoProblems, ppoRules } from '../ppo/keys.js';

export const ReftConfig = Type.Object(
  {
    ...ppoKeys,
    // As published: the value error weighs 5, and the penalty of program-like chains is 0.01.
    value_coefficient: { ...ppoKeys.value_coefficient, default: 5 },
    kl_beta: { ...ppoKeys.kl_beta, default: 0.01 },
    pass_grade: passGrade,
    partial_reward: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'What an incorrect answer earns that could at least be read.',
    }),
    answer_kind: Type.Union([Type.Literal('number'), Type.Literal('text')], {
      default: 'number',
      description: 'What an answer must hold to be read: a number, or any text that ended by itself.',
    }),
  },
  { additionalProperties: false },
);
export type ReftConfig = Static<typeof ReftConfig>;

export const reftEntry = defineRecipe({
  name: 'reft-ppo',
  phaseType: 'reinforcement',
  title:
    'Reinforced fine-tuning: PPO on the questions of the warm-up, with a small reward for answers that can be read',
  config: ReftConfig,
  auto: ppoRules,
  check: ppoProblems,
  totalSteps: phaseSteps,
});
