/**
 * The reward of the efficiency stage of "A Practical Two-Stage Recipe for Mathematical LLMs" (Yoshihara et al. 2025, arXiv
 * 2507.08267): the form of the answer, a cosine of its length whose sign is its correctness, and how long it is among the
 * answers to the same prompt.
 */

export interface MeasuredAnswer {
  /** Null when the grader failed: such an answer earns nothing and is compared with nothing. */
  readonly isRight: boolean | null;
  /** Whether an answer can be found and ends by itself. */
  readonly isWellFormed: boolean;
  /** Tokens. */
  readonly length: number;
}

export interface EfficiencyOptions {
  readonly format_reward: number;
  readonly accuracy_weight: number;
  readonly length_weight: number;
  /** Tokens at which the cosine reaches its end. */
  readonly length_limit: number;
}

/** From the shortest answer to one of the limit: a right one earns less by length, a wrong one loses less. */
const RIGHT = { short: 1, long: 0.1 } as const;
const WRONG = { short: -1, long: -0.1 } as const;
/** The shortest right answer of a group gains this much, the longest loses it. */
const HALF_SPAN = 0.5;

/** `long + ½ (short − long) (1 + cos(π min(1, length / limit)))`. */
export function cosineAccuracy(isRight: boolean, length: number, limit: number): number {
  const { short, long } = isRight ? RIGHT : WRONG;
  return long + 0.5 * (short - long) * (1 + Math.cos(Math.PI * Math.min(1, length / limit)));
}

/**
 * `0.5 − (length − shortest) / (longest − shortest)` within the group; a wrong answer is never paid for being short, and
 * answers that are all equally long earn nothing.
 */
export function groupLength(isRight: boolean, length: number, shortest: number, longest: number): number {
  if (longest === shortest) return 0;
  const term = HALF_SPAN - (length - shortest) / (longest - shortest);
  return isRight ? term : Math.min(0, term);
}

/** Of the answers to one prompt, in order. */
export function efficiencyRewards(
  group: readonly MeasuredAnswer[],
  { format_reward: format, accuracy_weight: accuracy, length_weight: weight, length_limit: limit }: EfficiencyOptions,
): (number | null)[] {
  const lengths = group.filter(({ isRight }) => isRight !== null).map(({ length }) => length);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  return group.map(({ isRight, isWellFormed, length }) => {
    if (isRight === null) return null;
    const formed = isWellFormed ? format : 0;
    const byLength = weight * groupLength(isRight, length, shortest, longest);
    return formed + accuracy * cosineAccuracy(isRight, length, limit) + byLength;
  });
}
