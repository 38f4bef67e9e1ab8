import { describe, expect, it } from 'vitest';
import { compareGroups } from './compare-groups.js';

describe('compareGroups', () => {
  it('compares only within groups and counts those without variance', () => {
    const options = { normaliseStd: false, baseline: 'group_mean' } as const;
    const { advantages, zeroVarianceFraction } = compareGroups(
      [0, 1, 5, 5, 2, null],
      { groupSize: 2, forks: 1 },
      options,
    );
    expect([...advantages]).toEqual([-0.5, 0.5, 0, 0, 0, 0]);
    expect(zeroVarianceFraction).toBeCloseTo(2 / 3, 12);
  });

  it('compares forks with each other, and their beginnings by what they earned on average', () => {
    const options = { normaliseStd: false, baseline: 'group_mean' } as const;
    // Two prompts of two beginnings of two forks each; a failed grade says nothing of the beginning.
    const rewards = [0, 1, 4, 4, null, 3, null, null];
    const { advantages, beginnings, zeroVarianceFraction } = compareGroups(
      rewards,
      { groupSize: 4, forks: 2 },
      options,
    );
    expect([...advantages]).toEqual([-0.5, 0.5, 0, 0, 0, 0, 0, 0]);
    expect([...(beginnings ?? [])]).toEqual([-1.75, -1.75, 1.75, 1.75, 0, 0, 0, 0]);
    expect(zeroVarianceFraction).toBe(0.5);
    const known = compareGroups([0, 1, null, 3], { groupSize: 4, forks: 2 }, options);
    expect([...(known.beginnings ?? [])]).toEqual([-1.25, -1.25, 1.25, 1.25]);
  });

  it('calls a prompt flat only where neither its forks nor its beginnings differ', () => {
    const options = { normaliseStd: false, baseline: 'group_mean' } as const;
    const shape = { groupSize: 4, forks: 2 };
    const fractionOf = (rewards: number[], trainsBeginnings = true) =>
      compareGroups(rewards, { ...shape, trainsBeginnings }, options).zeroVarianceFraction;
    // No completion came to its fork, and beginnings differ.
    expect(fractionOf([0, 0, 1, 1, 1, 1, 0, 0])).toBe(0);
    expect(fractionOf([0, 0, 1, 1, 1, 1, 1, 1])).toBe(0.5);
    // Forks of one beginning differ, and beginnings are worth the same.
    expect(fractionOf([0, 1, 0, 1, 1, 1, 1, 1])).toBe(0.5);
    // What beginnings are worth teaches nothing where they are not trained.
    expect(fractionOf([0, 0, 1, 1, 0, 0, 0, 1], false)).toBe(0.5);
  });
});
