import { describe, expect, it } from 'vitest';
import { SegmentCost } from './segment-cost.js';

/** A cost model that has seen a token of a row take this long, and no row stop. */
function learned(rowStepMs: number, stops = 0): SegmentCost {
  const cost = new SegmentCost();
  for (let call = 0; call < 60; call++) cost.record(rowStepMs * 64 * 32, 64, 32, stops);
  return cost;
}

describe('tokens of a segment', () => {
  it('are all there are when no row can end before the others', () => {
    expect(learned(0.03).segmentTokens(new Array(64).fill(48), 1e7, false, false)).toBe(48);
  });

  it('end where rows past their limit have cost a copy of the caches', () => {
    const cost = learned(0.1);
    // 5.5 ms a copy; 50 rows past their limit cost 5 ms a token.
    const lengths = [...new Array(50).fill(20), ...new Array(14).fill(100)];
    expect(cost.segmentTokens(lengths, 1e7, false, false)).toBe(21);
    expect(cost.segmentTokens([20, ...new Array(63).fill(40)], 1e7, false, false)).toBe(40);
  });

  it('are fewer the more rows stop, and never fewer than a copy is worth', () => {
    const lengths = new Array(64).fill(200);
    const [rare, frequent] = [1, 20].map((stops) => learned(0.03, stops).segmentTokens(lengths, 1e7, true, false));
    expect(frequent).toBeLessThan(rare as number);
    expect(learned(10, 60).segmentTokens(lengths, 1, true, false)).toBe(8);
  });

  it('end with the first row that ends when others wait for its place', () => {
    expect(learned(0.001).segmentTokens([12, 90, 90], 1e7, false, true)).toBe(12);
    expect(learned(0.001).segmentTokens([1, 90, 90], 1e7, false, true)).toBe(8);
  });
});
