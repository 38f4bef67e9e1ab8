import { describe, expect, it } from 'vitest';
import { rewarmedRate } from './rewarmed-rate.js';

const config = {
  learning_rate: 0.5,
  learning_rate_multiplier: 2,
  warmup_ratio: 0.02,
  lr_schedule: 'rewarm',
  lr_floor_ratio: 0.1,
} as const;

describe('rewarmedRate', () => {
  it('rises over its share of the steps, and falls to the floor on a half cosine', () => {
    expect(rewarmedRate(config, 0, 100)).toBe(0.5);
    expect(rewarmedRate(config, 1, 100)).toBe(1);
    expect(rewarmedRate(config, 51, 100)).toBeCloseTo(0.55, 12);
    expect(rewarmedRate(config, 100, 100)).toBeCloseTo(0.1, 12);
  });

  it('starts at the peak without a warm-up', () => {
    expect(rewarmedRate({ ...config, warmup_ratio: 0 }, 0, 100)).toBe(1);
  });

  it('stays at the floor where nothing is warmed up', () => {
    const rates = [0, 1, 50, 99].map((step) => rewarmedRate({ ...config, lr_schedule: 'floor' }, step, 100));
    expect(rates).toEqual([0.1, 0.1, 0.1, 0.1]);
  });
});
