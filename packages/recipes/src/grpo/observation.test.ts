import { describe, expect, it } from 'vitest';
import { watch } from './observation.js';

const complaining = { metrics: { selected_fraction: 0 }, complaint: 'nothing is selected', patience: 2 };

describe('watch', () => {
  it('ends a phase by complaints in a row, which begin anew after a step without one', () => {
    const first = watch(complaining, 0);
    expect(first).toMatchObject({ complaints: 1, isEnough: false, ending: '', warnings: ['nothing is selected.'] });
    expect(watch({ ...complaining, complaint: null }, 1)).toMatchObject({
      complaints: 0,
      isEnough: false,
      warnings: [],
    });
    const second = watch(complaining, 1);
    expect(second).toMatchObject({ complaints: 2, isEnough: true, warnings: [] });
    expect(second.ending).toBe('; the phase ends: nothing is selected');
  });

  it('ends none where nothing is watched, or however often is not enough', () => {
    expect(watch(undefined, 0)).toMatchObject({ complaints: 0, isEnough: false, metrics: {} });
    expect(watch({ ...complaining, patience: Number.POSITIVE_INFINITY }, 99).isEnough).toBe(false);
  });
});
