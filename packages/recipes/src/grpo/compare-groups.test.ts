import { describe, expect, it } from 'vitest';
import { compareGroups } from './compare-groups.js';

describe('compareGroups', () => {
  it('compares only within groups and counts those without variance', () => {
    const options = { normaliseStd: false, baseline: 'group_mean' } as const;
    const { advantages, zeroVarianceFraction } = compareGroups([0, 1, 5, 5, 2, null], 2, options);
    expect([...advantages]).toEqual([-0.5, 0.5, 0, 0, 0, 0]);
    expect(zeroVarianceFraction).toBeCloseTo(2 / 3, 12);
  });
});
