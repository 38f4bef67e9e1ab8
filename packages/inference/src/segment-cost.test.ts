import { describe, expect, it } from 'vitest';
import { TINY_CONFIG } from './oracle/tiny-model.js';
import { SegmentCost } from './segment-cost.js';

/** A cost model of this many milliseconds a token of a row, which has seen 64 rows of 32 tokens stop at this rate. */
function costOf(rowStepMs: number, stopsSeen = 0): SegmentCost {
  const vocabulary = Math.round((rowStepMs - 0.02) / 2.5e-8 / (2 * 1));
  const config = { ...TINY_CONFIG, vocab_size: Math.max(2, vocabulary), hidden_size: 1 };
  const cost = new SegmentCost(config);
  if (stopsSeen > 0) cost.record(64 * 32, stopsSeen);
  return cost;
}

describe('tokens of a segment', () => {
  it('are all there are when no row can end before the others', () => {
    expect(costOf(0.03).segmentTokens(new Array(64).fill(48), 1e7, false, false)).toBe(48);
  });

  it('end where rows past their limit have cost a copy of the caches', () => {
    const cost = costOf(0.1);
    // 5.5 ms a copy; 50 rows past their limit cost 5 ms a token.
    const lengths = [...new Array(50).fill(20), ...new Array(14).fill(100)];
    expect(cost.segmentTokens(lengths, 1e7, false, false)).toBe(21);
    expect(cost.segmentTokens([20, ...new Array(63).fill(40)], 1e7, false, false)).toBe(40);
  });

  it('are fewer the more rows stop, and never fewer than a copy is worth', () => {
    const lengths = new Array(64).fill(200);
    const [rare, frequent] = [1, 20].map((stops) => costOf(0.03, stops).segmentTokens(lengths, 1e7, true, false));
    expect(frequent).toBeLessThan(rare as number);
    expect(costOf(10, 2000).segmentTokens(lengths, 1, true, false)).toBe(8);
  });

  it('end with the first row that ends when others wait for its place', () => {
    expect(costOf(0.02).segmentTokens([12, 90, 90], 1e7, false, true)).toBe(12);
    expect(costOf(0.02).segmentTokens([1, 90, 90], 1e7, false, true)).toBe(8);
  });
});
