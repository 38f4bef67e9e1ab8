import { describe, expect, it } from 'vitest';
import { towardsSetPoint } from './set-point.js';

const control = { target: 0.5, gain: 0.2, low: 0.1, high: 2 };

describe('towardsSetPoint', () => {
  it('raises the value while too little is measured, and lowers it while too much is', () => {
    expect(towardsSetPoint(1, 0, control)).toBeCloseTo(Math.exp(0.1), 12);
    expect(towardsSetPoint(1, 1, control)).toBeCloseTo(Math.exp(-0.1), 12);
    expect(towardsSetPoint(0.7, 0.5, control)).toBe(0.7);
  });

  it('stays within its bounds', () => {
    expect(towardsSetPoint(1.99, -100, control)).toBe(2);
    expect(towardsSetPoint(0.11, 100, control)).toBe(0.1);
  });

  it('finds the temperature at which a softmax has the target entropy', () => {
    const entropy = (temperature: number): number => {
      const weights = [2, 1, 0].map((logit) => Math.exp(logit / temperature));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.reduce((sum, weight) => sum - (weight / total) * Math.log(weight / total), 0);
    };
    let temperature = 2;
    for (let step = 0; step < 300; step++) temperature = towardsSetPoint(temperature, entropy(temperature), control);
    expect(entropy(temperature)).toBeCloseTo(0.5, 3);
  });
});
