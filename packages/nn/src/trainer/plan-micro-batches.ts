/**
 * Splits a batch of rows into micro-batches of fixed shapes. Shapes come from a small set (row counts are powers of two,
 * lengths multiples of eight), because every shape is compiled once; among the splits into such shapes the cheapest is
 * found by dynamic programming over the rows sorted by length. Deterministic.
 */
import { invariant } from '@preheat/contracts';

export interface MicroBatchLimits {
  /** Most padded tokens (rows × length) of one micro-batch; a longer single row still gets one of its own. */
  readonly maxTokens: number;
  /** What one more run costs, in tokens: keeps the split from fragmenting. */
  readonly overheadTokens: number;
}

export interface MicroBatchPlan {
  /** Positions in the batch; at most `batch` of them. */
  readonly rows: readonly number[];
  /** Padded number of rows. */
  readonly batch: number;
  /** Padded number of predicted positions. */
  readonly length: number;
}

const LENGTH_STEP = 8;

/** The length a program is compiled for. */
export const bucketLength = (length: number): number => Math.max(1, Math.ceil(length / LENGTH_STEP)) * LENGTH_STEP;

/** `lengths[i]` is the number of positions row `i` predicts. Every row is in exactly one micro-batch. */
export function planMicroBatches(lengths: readonly number[], limits: MicroBatchLimits): MicroBatchPlan[] {
  const order = lengths.map((_, row) => row).sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
  const padded = order.map((row) => bucketLength(lengths[row] ?? 0));
  const sizes = cheapestSizes(padded, limits);
  const plans: MicroBatchPlan[] = [];
  for (let start = 0; start < order.length; ) {
    const batch = sizes[start] ?? 0;
    invariant(batch > 0, 'a plan needs a size at every start');
    plans.push({ rows: order.slice(start, start + batch), batch, length: padded[start] ?? LENGTH_STEP });
    start += batch;
  }
  return plans;
}

/** For every start, the row count of the micro-batch that begins the cheapest split of what follows. */
function cheapestSizes(padded: readonly number[], { maxTokens, overheadTokens }: MicroBatchLimits): Int32Array {
  const count = padded.length;
  const cost = new Float64Array(count + 1);
  const sizes = new Int32Array(count);
  for (let start = count - 1; start >= 0; start--) {
    const length = padded[start] ?? LENGTH_STEP;
    cost[start] = Number.POSITIVE_INFINITY;
    for (let batch = 1; batch === 1 || batch * length <= maxTokens; batch *= 2) {
      const rest = cost[Math.min(count, start + batch)] ?? 0;
      const total = batch * length + overheadTokens + rest;
      if (total < (cost[start] ?? 0)) {
        cost[start] = total;
        sizes[start] = batch;
      }
      if (start + batch >= count) break;
    }
  }
  return sizes;
}
