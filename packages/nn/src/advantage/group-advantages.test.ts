import { describe, expect, it } from 'vitest';
import { groupAdvantages, hasVariance } from './group-advantages.js';

describe('groupAdvantages', () => {
  it('centres and divides by the sample standard deviation', () => {
    const [a, b, c] = groupAdvantages([0, 1, 2], { normaliseStd: true, baseline: 'group_mean' });
    expect(a).toBeCloseTo(-1 / 1.0001, 12);
    expect(b).toBeCloseTo(0, 12);
    expect(c).toBeCloseTo(1 / 1.0001, 12);
  });

  it('only centres without the division (Dr. GRPO)', () => {
    expect([...groupAdvantages([0, 0, 0, 1], { normaliseStd: false, baseline: 'group_mean' })]).toEqual([
      -0.25, -0.25, -0.25, 0.75,
    ]);
  });

  it('compares with the others only (RLOO)', () => {
    const options = { normaliseStd: false, baseline: 'leave_one_out' } as const;
    // 1 against the mean of 0, 0.5, 0.5; a failed grade is none of the others.
    const [first, ...others] = groupAdvantages([1, 0, null, 0.5, 0.5], options);
    expect(first).toBeCloseTo(1 - 1 / 3, 12);
    expect(others[0]).toBeCloseTo(0 - 2 / 3, 12);
    expect(others[1]).toBe(0);
  });

  it('gives zeros to a group without variance, also when it is only rounding noise', () => {
    expect([...groupAdvantages([0.3, 0.3 + 1e-16, 0.3], { normaliseStd: true, baseline: 'group_mean' })]).toEqual([
      0, 0, 0,
    ]);
    expect(hasVariance([0.3, 0.3])).toBe(false);
  });

  it('leaves failed grades out of the statistics', () => {
    expect([...groupAdvantages([1, null, 0], { normaliseStd: false, baseline: 'group_mean' })]).toEqual([0.5, 0, -0.5]);
    expect([...groupAdvantages([1, null], { normaliseStd: true, baseline: 'group_mean' })]).toEqual([0, 0]);
  });
});
