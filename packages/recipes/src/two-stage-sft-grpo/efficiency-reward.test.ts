import { describe, expect, it } from 'vitest';
import { cosineAccuracy, efficiencyRewards, groupLength } from './efficiency-reward.js';

describe('cosineAccuracy', () => {
  it('falls from 1 to 0.1 for right answers and rises from -1 to -0.1 for wrong ones', () => {
    expect([0, 50, 100, 300].map((length) => cosineAccuracy(true, length, 100))).toEqual([
      1,
      expect.closeTo(0.55, 12),
      expect.closeTo(0.1, 12),
      expect.closeTo(0.1, 12),
    ]);
    expect([0, 50, 100].map((length) => cosineAccuracy(false, length, 100))).toEqual([
      -1,
      expect.closeTo(-0.55, 12),
      expect.closeTo(-0.1, 12),
    ]);
    // A third of the way: cos(π/3) = ½, so 0.1 + ½ · 0.9 · 1.5.
    expect(cosineAccuracy(true, 20, 60)).toBeCloseTo(0.775, 12);
  });
});

describe('groupLength', () => {
  it('pays short right answers and never short wrong ones', () => {
    expect([10, 15, 20].map((length) => groupLength(true, length, 10, 20))).toEqual([0.5, 0, -0.5]);
    expect([10, 15, 20].map((length) => groupLength(false, length, 10, 20))).toEqual([0, 0, -0.5]);
  });

  it('is nothing where all are equally long', () => {
    expect(groupLength(true, 7, 7, 7)).toBe(0);
  });
});

describe('efficiencyRewards', () => {
  const options = { format_reward: 1, accuracy_weight: 1, length_weight: 1, length_limit: 100 };
  const right = { isRight: true, isWellFormed: true };

  it('adds the form, the cosine and the length within the group', () => {
    const group = [
      { ...right, length: 0 },
      { ...right, length: 100 },
      { isRight: false, isWellFormed: false, length: 50 },
    ];
    const rewards = efficiencyRewards(group, options);
    [1 + 1 + 0.5, 1 + 0.1 - 0.5, 0 - 0.55 + 0].forEach((reward, i) => expect(rewards[i]).toBeCloseTo(reward, 12));
  });

  it('takes failed grades out, also of the comparison', () => {
    const failed = { isRight: null, isWellFormed: true, length: 1000 };
    const group = [{ ...right, length: 0 }, failed, { ...right, length: 100 }];
    const rewards = efficiencyRewards(group, { ...options, format_reward: 0, accuracy_weight: 0 });
    expect(rewards).toEqual([0.5, null, -0.5]);
  });
});
