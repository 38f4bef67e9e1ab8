/** The pruning of AceReason-Nemotron 1.1 (Liu et al. 2025, arXiv 2506.13284): a row that is always solved teaches nothing. */
import { passRate } from '../rollout/try-rows.js';

/**
 * Indices of the rows that some answer gets wrong.
 * @param tried Of every row, whether each of its answers is right; null where the grader failed. A row about which it said
 * nothing at all stays.
 */
export function unsolvedRows(tried: readonly (readonly (boolean | null)[])[]): number[] {
  return tried.flatMap((answers, row) => (passRate(answers) === 1 ? [] : [row]));
}
