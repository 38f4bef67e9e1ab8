/**
 * Advantages where some completions of a prompt go on from a prefix of a demonstration (Prefix-RFT, "Blending Supervised
 * and Reinforcement Fine-Tuning with Prefix Sampling"): what the policy wrote is compared within its own kind, and the
 * prefix is judged by how it did against writing alone. A reconstruction from the paper's description.
 */
import { groupAdvantages, type GroupAdvantageOptions } from './group-advantages.js';

export interface PrefixAdvantages {
  /** Of the completions without a prefix. */
  readonly alone: Float64Array;
  /** Of what the policy wrote behind the prefix, one a continuation. */
  readonly continuations: Float64Array;
  /** Of every token of the prefix, in the record of each continuation. */
  readonly prefixes: Float64Array;
}

/**
 * `alone` are rewards of completions without a prefix, `continued` those of completions of one prefix; null where the
 * grader failed. A single continuation has nothing to be compared with, so it keeps its reward.
 */
export function prefixAdvantages(
  alone: readonly (number | null)[],
  continued: readonly (number | null)[],
  options: GroupAdvantageOptions,
): PrefixAdvantages {
  const known = alone.filter((reward) => reward !== null);
  const baseline = known.reduce((sum, reward) => sum + reward, 0) / Math.max(1, known.length);
  const isSingle = continued.length === 1;
  return {
    alone: groupAdvantages(alone, options),
    continuations: isSingle ? Float64Array.of(continued[0] ?? 0) : groupAdvantages(continued, options),
    // Each of the n continuations repeats the prefix, so each carries 1/n of its advantage.
    prefixes: Float64Array.from(continued, (reward) => (reward === null ? 0 : (reward - baseline) / continued.length)),
  };
}
