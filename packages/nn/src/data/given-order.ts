/** Rows in the order they are given, epoch after epoch: for a curriculum, whose order is its meaning. */
import { invariant } from '@preheat/contracts';
import type { RowBatch, RowCursor, RowOrder } from './row-sampler.js';

export class GivenOrder implements RowOrder {
  readonly #count: number;
  readonly #batchSize: number;

  /** @throws InvariantError without rows. */
  constructor(count: number, batchSize: number) {
    invariant(count > 0, 'an order needs at least one row');
    invariant(batchSize >= 1, `batch size ${batchSize} is below 1`);
    this.#count = count;
    this.#batchSize = batchSize;
  }

  /** A batch never mixes epochs: the last one of an epoch may be smaller. */
  batchAt({ epoch, offset }: RowCursor): RowBatch {
    const end = Math.min(offset + this.#batchSize, this.#count);
    invariant(offset < end, `offset ${offset} is past the ${this.#count} rows of an epoch`);
    const rows = Int32Array.from({ length: end - offset }, (_, i) => offset + i);
    const next = end < this.#count ? { epoch, offset: end } : { epoch: epoch + 1, offset: 0 };
    return { rows, epoch, offset, next };
  }
}
