/**
 * How causal attention over long rows is cut: training computes it so, and what it takes in memory is counted so.
 */

/** Queries of a block. Shorter ones hide more; longer ones keep fewer copies of keys (measured at 64 to 512). */
const BLOCK_QUERIES = 256;

/** Positions of queries and of the keys that they are scored against: `[from, to)`. */
export interface CausalBlock {
  readonly queries: readonly [number, number];
  readonly keys: readonly [number, number];
}

/**
 * Causal attention of `length` positions in blocks of queries, each with the keys that any of them sees: the hidden ones of
 * other blocks are neither scored nor kept. Position t sees the `window` positions that end with it.
 * @param first Position of the first query: those before it are keys alone.
 */
export function causalBlocks(length: number, window: number = length, first = 0): CausalBlock[] {
  return Array.from({ length: Math.ceil((length - first) / BLOCK_QUERIES) }, (_, index) => {
    const from = first + index * BLOCK_QUERIES;
    const to = Math.min(length, from + BLOCK_QUERIES);
    return { queries: [from, to], keys: [Math.max(0, from - window + 1), to] };
  });
}
