/** The reward of ReFT (Luong et al. 2024, arXiv 2401.08967): 1, a little for an answer that can be read, or 0. */
import type { RolloutSample } from '../recipe.js';

export interface ReftRewardOptions {
  readonly pass_grade: number;
  readonly partial_reward: number;
  readonly answer_kind: 'number' | 'text';
}

/** @param grade Of the grader; null when it failed, which earns nothing and blames nothing. */
export function reftReward(
  grade: number | null,
  text: string,
  finishReason: RolloutSample['finishReason'],
  { pass_grade: pass, partial_reward: partial, answer_kind: kind }: ReftRewardOptions,
): number | null {
  if (grade === null) return null;
  if (grade >= pass) return 1;
  const isReadable = kind === 'number' ? /\d/.test(text) : finishReason === 'stop' && text.trim() !== '';
  return isReadable ? partial : 0;
}
