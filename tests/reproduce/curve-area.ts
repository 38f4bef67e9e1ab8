/**
 * How good a family of operating points is, each a number of tokens with an accuracy: the area under what can be reached with
 * at most so many tokens. One family dominates another whose area is smaller over the same range.
 */

export interface OperatingPoint {
  readonly tokens: number;
  readonly accuracy: number;
}

/**
 * Mean over 0 to `range` tokens of the best accuracy of a point that takes at most so many; 0 below the cheapest point.
 * Points beyond the range count nothing.
 */
export function attainableArea(points: readonly OperatingPoint[], range: number): number {
  const sorted = [...points].filter(({ tokens }) => tokens <= range).sort((a, b) => a.tokens - b.tokens);
  let [area, best] = [0, 0];
  for (const [i, { tokens, accuracy }] of sorted.entries()) {
    best = Math.max(best, accuracy);
    area += best * ((sorted[i + 1]?.tokens ?? range) - tokens);
  }
  return range > 0 ? area / range : 0;
}
