import { CounterRandom } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { epochOrder, permutation } from './epoch-order.js';
import { FIRST_ROW, type RowCursor, RowSampler } from './row-sampler.js';

const lengths = Int32Array.from({ length: 103 }, (_, row) => (row * 37) % 29);
const options = { batchSize: 10, windowBatches: 4 };
const sampler = (seed: number) => new RowSampler(lengths, CounterRandom.fromSeed(seed), options);

function walk(from: RowCursor, batches: number, source = sampler(1)): number[][] {
  let cursor = from;
  return Array.from({ length: batches }, () => {
    const batch = source.batchAt(cursor);
    cursor = batch.next;
    return [...batch.rows];
  });
}

describe('RowSampler', () => {
  it('visits every row once an epoch, in another order each epoch', () => {
    const batches = walk(FIRST_ROW, 22);
    const [first, second] = [batches.slice(0, 11).flat(), batches.slice(11).flat()];
    for (const epoch of [first, second]) expect([...epoch].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
    expect(first).not.toEqual(second);
  });

  it('continues from a stored cursor as if it had never stopped', () => {
    const source = sampler(1);
    const { next } = source.batchAt(source.batchAt(FIRST_ROW).next);
    const stored = JSON.parse(JSON.stringify(next)) as RowCursor;
    expect(walk(stored, 15)).toEqual(walk(FIRST_ROW, 17).slice(2));
  });

  it('depends on the seed', () => {
    expect(walk(FIRST_ROW, 3, sampler(1))).not.toEqual(walk(FIRST_ROW, 3, sampler(2)));
  });

  it('refuses an empty data set', () => {
    expect(() => new RowSampler([], CounterRandom.fromSeed(1), options)).toThrow('at least one row');
  });
});

describe('epochOrder', () => {
  const spread = (order: Int32Array): number => {
    let total = 0;
    for (let start = 0; start < order.length; start += options.batchSize) {
      const batch = [...order.slice(start, start + options.batchSize)].map((row) => lengths[row] ?? 0);
      total += Math.max(...batch) - Math.min(...batch);
    }
    return total;
  };

  it('makes batches of similar lengths', () => {
    const mixed = epochOrder(lengths, CounterRandom.fromSeed(3), { ...options, windowBatches: 1 });
    const sorted = epochOrder(lengths, CounterRandom.fromSeed(3), options);
    expect(spread(sorted)).toBeLessThan(spread(mixed) / 2);
  });

  it('permutes uniformly', () => {
    const firsts = new Map<number, number>();
    for (let seed = 0; seed < 3000; seed++) {
      const first = permutation(3, CounterRandom.fromSeed(seed))[0] ?? -1;
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
    }
    for (const row of [0, 1, 2]) expect(Math.abs((firsts.get(row) ?? 0) - 1000)).toBeLessThan(120);
  });
});
