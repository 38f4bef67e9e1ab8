/**
 * The order in which an epoch visits its rows: a seeded permutation, then sorting by length inside windows, so that the
 * rows of one batch have similar lengths and little padding is computed. A pure function of (seed, epoch, lengths):
 * nothing of it needs to be stored to resume.
 */
import type { Random } from '@preheat/ports';

export interface EpochOrderOptions {
  /** Rows a batch takes. */
  readonly batchSize: number;
  /** Batches a window holds; 1 keeps the plain permutation (batches of mixed lengths). */
  readonly windowBatches: number;
}

/** A uniform permutation of 0 … count − 1 (Fisher and Yates). */
export function permutation(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, row) => row);
  for (let last = count - 1; last > 0; last--) {
    const other = random.int(last + 1);
    const row = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = row;
  }
  return order;
}

/** Row numbers of one epoch in order of use; `lengths[row]` need only rank the rows. Every row appears once. */
export function epochOrder(lengths: ArrayLike<number>, random: Random, options: EpochOrderOptions): Int32Array {
  const order = permutation(lengths.length, random);
  if (options.windowBatches <= 1) return order;
  const windowRows = options.batchSize * options.windowBatches;
  for (let start = 0; start < order.length; start += windowRows) {
    const window = order.subarray(start, start + windowRows);
    window.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
    shuffleWholeBatches(window, options.batchSize, random);
  }
  return order;
}

/** Short and long batches must not alternate in a fixed pattern; a last incomplete batch stays last. */
function shuffleWholeBatches(window: Int32Array, batchSize: number, random: Random): void {
  const sorted = window.slice();
  permutation(Math.floor(window.length / batchSize), random).forEach((from, to) => {
    window.set(sorted.subarray(from * batchSize, (from + 1) * batchSize), to * batchSize);
  });
}
