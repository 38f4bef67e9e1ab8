import { describe, expect, it } from 'vitest';
import { averageRate } from './average-rate.js';

describe('the rate of an average', () => {
  it('begins at nine tenths and falls to what the decay leaves', () => {
    const rates = [0, 1, 2, 89, 90, 10_000].map((updates) => averageRate(0.9, updates));
    [9 / 10, 9 / 11, 9 / 12, 0.1, 0.1, 0.1].forEach((rate, i) => expect(rates[i]).toBeCloseTo(rate, 12));
    expect(averageRate(0.999, 8_990)).toBeCloseTo(9 / 9_000, 12);
    expect(averageRate(0.999, 8_991)).toBeCloseTo(0.001, 12);
    expect(averageRate(0, 5)).toBe(1);
  });

  it('leaves 1 of (109 choose 9) parts of the first weights after 100 updates, which without warm-up would be 90 %', () => {
    const left = Array.from({ length: 100 }, (_, n) => 1 - averageRate(0.999, n)).reduce(
      (product, x) => product * x,
      1,
    );
    const choose = Array.from({ length: 9 }, (_, i) => (109 - i) / (9 - i)).reduce((product, x) => product * x, 1);
    expect(left * choose).toBeCloseTo(1, 9);
    expect(0.999 ** 100).toBeGreaterThan(0.9);
  });
});
