/** Cuts many rows into calls: rows of similar length together, and enough calls to keep every runner busy. */

/** What one more call costs, in tokens of a row: half a millisecond (segment-cost.ts) beside a forward pass of a small model. */
const CALL_TOKENS = 16;

/**
 * Indices of `lengths` grouped into calls, longest rows first (so the last calls to finish are the short ones). A call is as wide
 * as its longest row; among the cuts of the sorted rows the one with the fewest tokens altogether is taken.
 * @param maxRows Rows of a call whose longest row has so many tokens.
 * @param runners Number of calls that can run at once; there are as many calls at least, where rows allow.
 */
export function planMicroBatches(
  lengths: readonly number[],
  runners: number,
  maxRows: (longest: number) => number,
): number[][] {
  const order = lengths.map((_, index) => index);
  order.sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const sorted = order.map((index) => lengths[index] as number);
  const limits = sorted.map(maxRows);
  const rounds = Math.ceil(order.length / (Math.max(1, ...limits) * runners));
  const most = Math.max(1, Math.ceil(order.length / (rounds * runners)));
  const sizes = cheapestSizes(
    sorted,
    limits.map((limit) => Math.min(limit, most)),
  );
  const calls: number[][] = [];
  for (let start = 0; start < order.length; start += sizes[start] as number)
    calls.push(order.slice(start, start + (sizes[start] as number)));
  return calls;
}

/** For every start, the rows of the call that begins the cheapest cut of what follows. @param sorted Falling. @param most Rows of a call that begins there. */
function cheapestSizes(sorted: readonly number[], most: readonly number[]): number[] {
  const cost = new Array<number>(sorted.length + 1).fill(0);
  const sizes = new Array<number>(sorted.length).fill(1);
  for (let start = sorted.length - 1; start >= 0; start--) {
    const costs = Array.from({ length: Math.min(most[start] as number, sorted.length - start) }, (_, more) => {
      return (more + 1) * (sorted[start] as number) + CALL_TOKENS + (cost[start + more + 1] as number);
    });
    cost[start] = Math.min(...costs);
    sizes[start] = costs.lastIndexOf(cost[start] as number) + 1;
  }
  return sizes;
}
