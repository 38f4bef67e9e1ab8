import { describe, expect, it } from 'vitest';
import { GivenOrder } from './given-order.js';
import { FIRST_ROW, type RowCursor } from './row-sampler.js';

describe('GivenOrder', () => {
  it('visits rows as they are given in every epoch, and never mixes epochs in a batch', () => {
    const order = new GivenOrder(5, 2);
    const seen: number[][] = [];
    let cursor: RowCursor = FIRST_ROW;
    for (let step = 0; step < 4; step++) {
      const batch = order.batchAt(cursor);
      seen.push([batch.epoch, ...batch.rows]);
      cursor = batch.next;
    }
    expect(seen).toEqual([
      [0, 0, 1],
      [0, 2, 3],
      [0, 4],
      [1, 0, 1],
    ]);
    expect(cursor).toEqual({ epoch: 1, offset: 2 });
  });

  it('refuses no rows, and a cursor past them', () => {
    expect(() => new GivenOrder(0, 1)).toThrow('at least one row');
    expect(() => new GivenOrder(3, 2).batchAt({ epoch: 0, offset: 3 })).toThrow('past the 3 rows');
  });
});
