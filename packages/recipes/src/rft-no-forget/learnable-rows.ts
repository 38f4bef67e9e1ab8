/**
 * The rollout-based instance filter of RIF-RFT (Lai et al. 2025, arXiv 2507.05386): a row that the policy never answers
 * right gives no signal but noise, and is left out.
 */

/**
 * Indices of the rows worth training on: those with at least one right answer.
 * @param isRight One entry a sampled answer, `perRow` adjacent ones for each row; null where the grader failed.
 * A row about which the grader said nothing at all stays, because nothing is known against it.
 */
export function learnableRows(isRight: readonly (boolean | null)[], perRow: number): number[] {
  const rows = Array.from({ length: isRight.length / perRow }, (_, row) => row);
  return rows.filter((row) => {
    const known = isRight.slice(row * perRow, (row + 1) * perRow).filter((answer) => answer !== null);
    return known.length === 0 || known.some((answer) => answer);
  });
}
