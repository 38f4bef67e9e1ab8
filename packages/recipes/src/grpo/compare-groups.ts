/** How each completion compares with the other completions of its prompt. */
import { groupAdvantages, type GroupAdvantageOptions, hasVariance } from '@preheat/nn';

export interface GroupScores {
  /** One advantage a completion, groups in order. */
  readonly advantages: Float64Array;
  /** Share of groups whose completions all earned the same: nothing can be learned from them. */
  readonly zeroVarianceFraction: number;
  /** One a completion: how its beginning compares with the others of its prompt. Absent where completions share none. */
  readonly beginnings?: Float64Array;
}

/** Completions of a prompt, and how many of them go on from one beginning: 1 where each has its own. */
export interface GroupShape {
  readonly groupSize: number;
  readonly forks: number;
}

/**
 * Advantages of adjacent groups of completions. Forks of one beginning are compared with each other, and beginnings, each worth what its
 * forks earned on average, with the other beginnings of the prompt.
 */
export function compareGroups(
  rewards: readonly (number | null)[],
  { groupSize, forks }: GroupShape,
  options: GroupAdvantageOptions,
): GroupScores {
  if (forks === 1) return compareAlike(rewards, groupSize, options);
  const worths = groupsOf(rewards, forks).map((group) => {
    const known = group.filter((reward) => reward !== null);
    return known.length === 0 ? null : known.reduce((sum, reward) => sum + reward, 0) / known.length;
  });
  const ofBeginnings = compareAlike(worths, groupSize / forks, options).advantages;
  const beginnings = Float64Array.from(rewards, (_, i) => ofBeginnings[Math.floor(i / forks)] ?? 0);
  return { ...compareAlike(rewards, forks, options), beginnings };
}

function groupsOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: all.length / size }, (_, g) => all.slice(g * size, (g + 1) * size));
}

function compareAlike(
  rewards: readonly (number | null)[],
  groupSize: number,
  options: GroupAdvantageOptions,
): GroupScores {
  const groups = groupsOf(rewards, groupSize);
  const advantages = groups.flatMap((rewards_G) => [...groupAdvantages(rewards_G, options)]);
  const flat = groups.filter((rewards_G) => !hasVariance(rewards_G)).length;
  return { advantages: Float64Array.from(advantages), zeroVarianceFraction: flat / Math.max(1, groups.length) };
}
