/** Hyperparameters of reinforcement at several levels of length: those of GRPO, and what each level asks for. */
import Type, { type Static } from 'typebox';
import { defineRecipe } from '../catalog/recipe-entry.js';
import { passGrade } from '../catalog/rollout-keys.js';
import { grpoConfig, grpoPhase } from '../grpo/keys.js';

const weight = (level: string, fallback: number) =>
  Type.Number({
    minimum: 0,
    maximum: 1,
    default: fallback,
    description: `Share of its reward that a right answer of ${level}_length tokens has lost, in rows of the level ${level}.`,
  });
const length = (level: string, share: string) =>
  Type.Integer({
    minimum: 1,
    maximum: 100_000,
    description: `Tokens of a ${level} answer. Auto: ${share} max_completion_tokens.`,
  });

const TldrConfig = grpoConfig({
  pass_grade: passGrade,
  level_key: Type.String({
    minLength: 1,
    maxLength: 128,
    default: 'length_level',
    description: 'Key of a row that names its level: short, medium (where it is missing) or long.',
  }),
  short_weight: weight('short', 0.8),
  medium_weight: weight('medium', 0.5),
  long_weight: weight('long', 0.2),
  short_length: length('short', 'a quarter of'),
  medium_length: length('medium', 'half of'),
  long_length: length('long', 'all of'),
  overlong_penalty: Type.Number({
    minimum: 0,
    maximum: 100,
    default: 0.2,
    description: 'What a wrong answer pays that is longer than its level.',
  }),
});
export type TldrConfig = Static<typeof TldrConfig>;

const shareOfLongest = (share: number) => (known: { max_completion_tokens?: number }) =>
  Math.max(1, Math.round(share * (known.max_completion_tokens ?? 1)));

export const tldrEntry = defineRecipe({
  ...grpoPhase,
  name: 'tldr-length',
  title: 'GRPO at several levels of length, which the prompt names: short, medium and long answers',
  config: TldrConfig,
  auto: {
    ...grpoPhase.auto,
    short_length: shareOfLongest(0.25),
    medium_length: shareOfLongest(0.5),
    long_length: shareOfLongest(1),
  },
});
