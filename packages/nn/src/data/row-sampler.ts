/**
 * Endless batches over a fixed set of rows, epoch after epoch. Its whole state is a cursor of two numbers; the order of
 * an epoch is recomputed from the seed. A batch never mixes epochs: the last one of an epoch may be smaller.
 */
import { invariant } from '@preheat/contracts';
import type { Random } from '@preheat/ports';
import { epochOrder, type EpochOrderOptions } from './epoch-order.js';

/** Plain JSON: where the next batch starts. */
export interface RowCursor {
  readonly epoch: number;
  readonly offset: number;
}

export interface RowBatch {
  readonly rows: Int32Array;
  readonly epoch: number;
  /** Where this batch starts in its epoch. */
  readonly offset: number;
  /** Where the batch after this one starts. */
  readonly next: RowCursor;
}

/** Batches by cursor; a pure function of its making and the cursor. */
export interface RowOrder {
  batchAt(cursor: RowCursor): RowBatch;
}

export class RowSampler implements RowOrder {
  readonly #lengths: ArrayLike<number>;
  readonly #random: Random;
  readonly #options: EpochOrderOptions;
  #order: { readonly epoch: number; readonly rows: Int32Array } | null = null;

  /** @throws InvariantError without rows: an empty data set is refused long before. */
  constructor(lengths: ArrayLike<number>, random: Random, options: EpochOrderOptions) {
    invariant(lengths.length > 0, 'a sampler needs at least one row');
    invariant(options.batchSize >= 1, `batch size ${options.batchSize} is below 1`);
    this.#lengths = lengths;
    this.#random = random;
    this.#options = options;
  }

  /** The batch at `cursor`; asking twice gives the same batch. */
  batchAt(cursor: RowCursor): RowBatch {
    const order = this.#orderOf(cursor.epoch);
    const rows = order.slice(cursor.offset, cursor.offset + this.#options.batchSize);
    invariant(rows.length > 0, `offset ${cursor.offset} is past the ${order.length} rows of an epoch`);
    const offset = cursor.offset + rows.length;
    const next = offset < order.length ? { epoch: cursor.epoch, offset } : { epoch: cursor.epoch + 1, offset: 0 };
    return { rows, epoch: cursor.epoch, offset: cursor.offset, next };
  }

  #orderOf(epoch: number): Int32Array {
    if (this.#order?.epoch !== epoch) {
      const rows = epochOrder(this.#lengths, this.#random.fork(`epoch ${epoch}`), this.#options);
      this.#order = { epoch, rows };
    }
    return this.#order.rows;
  }
}

export const FIRST_ROW: RowCursor = { epoch: 0, offset: 0 };
