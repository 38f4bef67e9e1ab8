/** Hyperparameters of one stage of AceReason's reinforcement: those of GRPO as it sets them, and which rows are pruned. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { passGrade } from '../catalog/rollout-keys.js';
import { grpoConfig, grpoPhase } from '../grpo/keys.js';

const AceReasonConfig = grpoConfig({
  mask_truncated: Type.Boolean({
    default: true,
    description:
      'Completions cut at the length limit train nothing (the overlong filter): for stages of short answers; off in the longest.',
  }),
  target_entropy: Type.Number({
    minimum: 0,
    maximum: 20,
    default: 0.3,
    description: 'Entropy of sampling, in nats a token, that the temperature is moved to keep; 0 leaves it as it is.',
  }),
  pass_grade: passGrade,
  filter_rollouts: Type.Integer({
    minimum: 0,
    maximum: 64,
    default: 0,
    description:
      'Answers to each row before the first step; rows that all of them solve are left out. 0 keeps every row. For late stages.',
  }),
});
export type AceReasonConfig = Static<typeof AceReasonConfig>;

export const aceReasonEntry = defineRecipe({
  ...grpoPhase,
  name: 'acereason-synergy',
  title: 'One stage of on-policy GRPO that keeps its entropy by the temperature and prunes what is solved',
  config: AceReasonConfig,
});
