/** How each completion compares with the other completions of its prompt. */
import { groupAdvantages, type GroupAdvantageOptions, hasVariance } from '@preheat/nn';

export interface GroupScores {
  /** One advantage a completion, groups in order. */
  readonly advantages: Float64Array;
  /** Share of prompts in which nothing that is compared differs: nothing can be learned from them. */
  readonly zeroVarianceFraction: number;
  /** One a completion: how its beginning compares with the others of its prompt. Absent where completions share none. */
  readonly beginnings?: Float64Array;
}

/** Completions of a prompt, and how many of them go on from one beginning: 1 where each has its own. */
export interface GroupShape {
  readonly groupSize: number;
  readonly forks: number;
  /** Whether anything is learned from how beginnings compare; yes where it is not said. */
  readonly trainsBeginnings?: boolean;
}

/**
 * Advantages of adjacent groups of completions. Forks of one beginning are compared with each other, and beginnings, each worth what its
 * forks earned on average, with the other beginnings of the prompt.
 */
export function compareGroups(
  rewards: readonly (number | null)[],
  { groupSize, forks, trainsBeginnings = true }: GroupShape,
  options: GroupAdvantageOptions,
): GroupScores {
  const ends = compareAlike(rewards, forks === 1 ? groupSize : forks, options);
  if (forks === 1) return { advantages: ends.advantages, zeroVarianceFraction: shareOf(ends.isFlat) };
  const worths = groupsOf(rewards, forks).map((group) => {
    const known = group.filter((reward) => reward !== null);
    return known.length === 0 ? null : known.reduce((sum, reward) => sum + reward, 0) / known.length;
  });
  const compared = compareAlike(worths, groupSize / forks, options);
  const beginnings = Float64Array.from(rewards, (_, i) => compared.advantages[Math.floor(i / forks)] ?? 0);
  const ofPrompts = groupsOf(ends.isFlat, groupSize / forks);
  const isFlat = ofPrompts.map((own, p) => own.every(Boolean) && !(trainsBeginnings && compared.isFlat[p] === false));
  return { advantages: ends.advantages, zeroVarianceFraction: shareOf(isFlat), beginnings };
}

function groupsOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: all.length / size }, (_, g) => all.slice(g * size, (g + 1) * size));
}

function compareAlike(
  rewards: readonly (number | null)[],
  groupSize: number,
  options: GroupAdvantageOptions,
): { advantages: Float64Array; isFlat: boolean[] } {
  const groups = groupsOf(rewards, groupSize);
  const advantages = groups.flatMap((rewards_G) => [...groupAdvantages(rewards_G, options)]);
  return { advantages: Float64Array.from(advantages), isFlat: groups.map((rewards_G) => !hasVariance(rewards_G)) };
}

const shareOf = (isFlat: readonly boolean[]): number => isFlat.filter(Boolean).length / Math.max(1, isFlat.length);
