import { describe, expect, it } from 'vitest';
import { learningRateAt } from './learning-rate.js';

const cosine = { peak: 1, warmupSteps: 4, totalSteps: 14, decay: 'cosine', floorRatio: 0.2 } as const;

describe('learningRateAt', () => {
  it('rises linearly to the peak, which the last warm-up step reaches', () => {
    expect([0, 1, 2, 3].map((step) => learningRateAt(step, cosine))).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it('follows a half cosine from the peak to the floor', () => {
    expect(learningRateAt(4, cosine)).toBeCloseTo(1, 12);
    expect(learningRateAt(9, cosine)).toBeCloseTo(0.6, 12);
    expect(learningRateAt(14, cosine)).toBeCloseTo(0.2, 12);
    expect(learningRateAt(99, cosine)).toBeCloseTo(0.2, 12);
  });

  it('stays at the peak when constant, and needs no warm-up', () => {
    const constant = { peak: 3, warmupSteps: 0, totalSteps: 5, decay: 'constant' } as const;
    expect([0, 4, 50].map((step) => learningRateAt(step, constant))).toEqual([3, 3, 3]);
  });
});
