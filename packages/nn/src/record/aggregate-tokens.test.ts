import { describe, expect, it } from 'vitest';
import { aggregateTokens } from './aggregate-tokens.js';
import { demonstrationRecord } from './token-record.js';

const record = (...mask: number[]) => demonstrationRecord(new Int32Array(mask.length), Uint8Array.from(mask));
/** Two turns of two and one tokens; one turn of one token; nothing trained. */
const records = [record(0, 1, 1, 0, 1), record(0, 0, 1), record(0, 0)];
const aggregated = (how: Parameters<typeof aggregateTokens>[1]) => {
  const { weights, denominator } = aggregateTokens(records, how, 10);
  return { weights: weights.map((weight) => [...weight]), denominator };
};

describe('aggregateTokens', () => {
  it('counts every token the same', () => {
    expect(aggregated('token')).toEqual({
      weights: [
        [0, 1, 1, 0, 1],
        [0, 0, 1],
        [0, 0],
      ],
      denominator: 4,
    });
  });

  it('counts every sequence that has tokens the same', () => {
    const third = Math.fround(1 / 3);
    expect(aggregated('sequence')).toEqual({
      weights: [
        [0, third, third, 0, third],
        [0, 0, 1],
        [0, 0],
      ],
      denominator: 2,
    });
  });

  it('counts two sequences of a record where it holds a second', () => {
    const both = [record(0, 1, 1, 1, 1), record(0, 0, 0, 1, 1), record(0, 1, 1, 0, 0), record(0, 1, 1, 1, 1)];
    const { weights, denominator } = aggregateTokens(both, 'sequence', 10, [3, 3, 3, 0]);
    expect(weights.map((weight) => [...weight])).toEqual([
      [0, 0.5, 0.5, 0.5, 0.5],
      [0, 0, 0, 0.5, 0.5],
      [0, 0.5, 0.5, 0, 0],
      [0, 0.25, 0.25, 0.25, 0.25],
    ]);
    expect(denominator).toBe(5);
  });

  it('counts every turn the same', () => {
    expect(aggregated('turn')).toEqual({
      weights: [
        [0, 0.5, 0.5, 0, 1],
        [0, 0, 1],
        [0, 0],
      ],
      denominator: 3,
    });
  });

  it('divides by the longest length of every sequence, trained or not', () => {
    expect(aggregated('constant')).toEqual({
      weights: [
        [0, 1, 1, 0, 1],
        [0, 0, 1],
        [0, 0],
      ],
      denominator: 30,
    });
  });

  it('ends a turn where the segment changes, and never counts the first token', () => {
    const changing = { ...record(1, 1, 1, 1), segmentId: Uint8Array.of(1, 1, 2, 2) };
    const { weights, denominator } = aggregateTokens([changing], 'turn', 4);
    expect([...(weights[0] ?? [])]).toEqual([0, 1, 0.5, 0.5]);
    expect(denominator).toBe(2);
  });
});
