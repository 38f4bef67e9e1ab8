/**
 * The rollout-based instance filter of RIF-RFT (Lai et al. 2025, arXiv 2507.05386): a row that the policy never answers
 * right gives no signal but noise, and is left out.
 */
import { passRate } from '../rollout/try-rows.js';

/**
 * Indices of the rows worth training on: those with at least one right answer.
 * @param tried Of every row, whether each of its answers is right; null where the grader failed. A row about which the
 * grader said nothing at all stays, because nothing is known against it.
 */
export function learnableRows(tried: readonly (readonly (boolean | null)[])[]): number[] {
  return tried.flatMap((answers, row) => (passRate(answers) === 0 ? [] : [row]));
}
