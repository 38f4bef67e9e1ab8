/** How each completion compares with the other completions of its prompt. */
import { groupAdvantages, type GroupAdvantageOptions, hasVariance } from '@preheat/nn';

export interface GroupScores {
  /** One advantage a completion, groups in order. */
  readonly advantages: Float64Array;
  /** Share of groups whose completions all earned the same: nothing can be learned from them. */
  readonly zeroVarianceFraction: number;
}

/** Advantages of adjacent groups of `groupSize` completions. */
export function compareGroups(
  rewards: readonly (number | null)[],
  groupSize: number,
  options: GroupAdvantageOptions,
): GroupScores {
  const groups = Array.from({ length: rewards.length / groupSize }, (_, g) =>
    rewards.slice(g * groupSize, (g + 1) * groupSize),
  );
  const advantages = groups.flatMap((rewards_G) => [...groupAdvantages(rewards_G, options)]);
  const flat = groups.filter((rewards_G) => !hasVariance(rewards_G)).length;
  return { advantages: Float64Array.from(advantages), zeroVarianceFraction: flat / Math.max(1, groups.length) };
}
