/** Levenshtein's distance (1966): the fewest insertions, deletions and substitutions that turn one sequence into another. */

/** Time O(a·b), memory O(b). Elements are compared with `===`. */
export function editDistance(a: readonly string[], b: readonly string[]): number {
  const row_B = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row_B[0] as number;
    row_B[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row_B[j] as number;
      const replaced = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1);
      row_B[j] = Math.min(replaced, above + 1, (row_B[j - 1] as number) + 1);
      diagonal = above;
    }
  }
  return row_B[b.length] as number;
}
