/**
 * Group-relative advantages: how much better a completion did than the other completions of the same prompt.
 * GRPO (Shao et al. 2024, arXiv 2402.03300, section 4.1.1) divides by the group's standard deviation; Dr. GRPO (Liu et
 * al. 2025, arXiv 2503.20783) leaves the division out, because it weighs nearly decided prompts more; RLOO (Ahmadian et
 * al. 2024, arXiv 2402.14740) compares with the others only, which leaves the estimate unbiased.
 */
export type GroupBaseline = 'group_mean' | 'leave_one_out';

export interface GroupAdvantageOptions {
  /** Divide by the group's standard deviation (GRPO); false is Dr. GRPO and RLOO. */
  readonly normaliseStd: boolean;
  /** Whether the mean that is subtracted contains the completion itself. */
  readonly baseline: GroupBaseline;
}

/** Keeps the quotient finite where rewards differ only by rounding. */
const STD_EPSILON = 1e-4;
/** Rewards closer than this are the same reward: float noise must not become a training signal. */
const SAME_REWARD = 1e-9;

/**
 * Advantages of one group, in the order of `rewards_G`. A `null` reward (the grader failed on that completion) takes no
 * part in the statistics and gets advantage 0. A group whose rewards are all equal gets zeros. The standard deviation is
 * the sample one (divided by n − 1), as in the common implementations.
 */
export function groupAdvantages(
  rewards_G: readonly (number | null)[],
  { normaliseStd, baseline }: GroupAdvantageOptions,
): Float64Array {
  const advantages_G = new Float64Array(rewards_G.length);
  const known = rewards_G.filter((reward) => reward !== null);
  if (known.length < 2 || !hasVariance(rewards_G)) return advantages_G;
  const mean = known.reduce((sum, reward) => sum + reward, 0) / known.length;
  const variance = known.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / (known.length - 1);
  // R − mean of the others = (R − mean of all)·n / (n − 1).
  const lift = baseline === 'leave_one_out' ? known.length / (known.length - 1) : 1;
  const scale = normaliseStd ? lift / (Math.sqrt(variance) + STD_EPSILON) : lift;
  rewards_G.forEach((reward, g) => {
    if (reward !== null) advantages_G[g] = (reward - mean) * scale;
  });
  return advantages_G;
}

/** Whether a group carries any signal: at least two known rewards that differ. */
export function hasVariance(rewards_G: readonly (number | null)[]): boolean {
  const known = rewards_G.filter((reward) => reward !== null);
  return known.length > 1 && Math.max(...known) - Math.min(...known) > SAME_REWARD;
}
