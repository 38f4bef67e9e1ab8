/** In which order prompts come: shuffled anew in every epoch, or as they were chosen. */
import { GivenOrder, type RowOrder, RowSampler } from '@preheat/nn';
import type { Random } from '@preheat/ports';

export interface RowOrderOptions {
  readonly count: number;
  readonly batchSize: number;
  /** Whether the order given is kept in every epoch. */
  readonly isKept: boolean;
}

/** Null where there is no row. */
export function rowOrder(random: Random, { count, batchSize, isKept }: RowOrderOptions): RowOrder | null {
  if (count === 0) return null;
  if (isKept) return new GivenOrder(count, batchSize);
  return new RowSampler(new Int32Array(count), random, { batchSize, windowBatches: 1 });
}
