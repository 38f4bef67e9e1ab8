import { describe, expect, it } from 'vitest';
import { bootstrapDifference, bootstrapMean } from './bootstrap.js';

describe('bootstrapMean', () => {
  it('agrees with the normal interval on known data: 400 coin tosses, 100 heads', () => {
    const tosses = Array.from({ length: 400 }, (_, i) => (i < 100 ? 1 : 0));
    const { mean, low, high } = bootstrapMean(tosses, 1);
    const halfWidth = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
    expect(mean).toBe(0.25);
    expect(low).toBeCloseTo(0.25 - halfWidth, 2);
    expect(high).toBeCloseTo(0.25 + halfWidth, 2);
  });

  it('is repeatable by seed, and another seed draws other samples', () => {
    const values = Array.from({ length: 50 }, (_, i) => Math.sin(i));
    expect(bootstrapMean(values, 3)).toEqual(bootstrapMean(values, 3));
    expect(bootstrapMean(values, 3)).not.toEqual(bootstrapMean(values, 4));
  });

  it('covers the true mean in about 95 of 100 samples', () => {
    // Uniform values from a multiplicative congruential generator; their true mean is one half.
    let state = 12_345;
    const uniform = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const covered = Array.from({ length: 200 }, (_, trial) => {
      const values = Array.from({ length: 60 }, uniform);
      const { low, high } = bootstrapMean(values, trial, 500);
      return low <= 0.5 && 0.5 <= high;
    }).filter(Boolean).length;
    expect(covered).toBeGreaterThanOrEqual(180);
    expect(covered).toBeLessThanOrEqual(198);
  });

  it('has no width for equal values, and no answer for none', () => {
    expect(bootstrapMean([2, 2, 2], 1)).toEqual({ mean: 2, low: 2, high: 2 });
    expect(() => bootstrapMean([], 1)).toThrow(RangeError);
  });
});

describe('bootstrapDifference', () => {
  it('is exact where every word gains the same, however far apart the words are', () => {
    const before = [0, 0.5, 1, 0.2];
    const { mean, low, high } = bootstrapDifference(
      before.map((x) => x + 0.25),
      before,
      1,
    );
    for (const value of [mean, low, high]) expect(value).toBeCloseTo(0.25, 12);
  });

  it('refuses scores that cannot be paired', () => {
    expect(() => bootstrapDifference([1, 2], [1], 1)).toThrow('2 scores cannot be paired with 1');
  });
});
