/** Hyperparameters of the efficiency stage: those of GRPO, and the parts of its reward. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { passGrade } from '../catalog/rollout-keys.js';
import { grpoConfig, grpoPhase } from '../grpo/keys.js';

const weight = (description: string) => Type.Number({ minimum: 0, maximum: 100, default: 1, description });

const TwoStageConfig = grpoConfig({
  kl_beta: Type.Number({
    minimum: 0,
    maximum: 10,
    default: 0.04,
    description: 'Weight of the KL penalty towards the reference; as published, unlike in grpo, not 0.',
  }),
  pass_grade: passGrade,
  answer_mark: Type.String({
    maxLength: 32,
    default: '#',
    description: 'A completion is well formed when it holds this text and ended by itself; empty asks for any text.',
  }),
  format_reward: weight('What a well-formed completion earns.'),
  accuracy_weight: weight(
    'Weight of the cosine: from 1 to 0.1 for right answers by length, from -1 to -0.1 for wrong ones.',
  ),
  length_weight: weight('Weight of the length among the completions of the same prompt, from 0.5 to -0.5.'),
  length_limit: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    description: 'Tokens at which the cosine has come to its end. Auto: max_completion_tokens.',
  }),
});
export type TwoStageConfig = Static<typeof TwoStageConfig>;

export const twoStageEntry = defineRecipe({
  ...grpoPhase,
  name: 'two-stage-sft-grpo',
  title: 'The efficiency stage after long fine-tuning: GRPO that pays right answers for being short',
  config: TwoStageConfig,
  auto: { ...grpoPhase.auto, length_limit: (known) => known.max_completion_tokens ?? 1 },
});
