/** Cuts many rows into calls: rows of similar length together, and enough calls to keep every runner busy. */

/**
 * Indices of `lengths` grouped into calls, longest rows first (so the last calls to finish are the short ones).
 * @param runners Number of calls that can run at once; the number of calls is a multiple of it where rows allow.
 */
export function planMicroBatches(lengths: readonly number[], runners: number, maxRows: number): number[][] {
  const order = lengths.map((_, index) => index);
  order.sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const rounds = Math.ceil(order.length / (maxRows * runners));
  const rowsPerCall = Math.max(1, Math.ceil(order.length / (rounds * runners)));
  const calls: number[][] = [];
  for (let start = 0; start < order.length; start += rowsPerCall) calls.push(order.slice(start, start + rowsPerCall));
  return calls;
}
