/** The rows of a batch with the highest scores. */

/** Places of the `count` highest scores, ascending; of equal scores the first. At least one. */
export function topRows(scores: readonly number[], count: number): number[] {
  const places = scores.map((_, place) => place).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  return places.slice(0, Math.max(1, count)).sort((a, b) => a - b);
}
