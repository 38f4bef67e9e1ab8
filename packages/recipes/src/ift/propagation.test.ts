import { describe, expect, it } from 'vitest';
import { differentiatedWeights, propagatedWeights } from './propagation.js';

const trainMask = [0, 0, 1, 1, 0, 1];
const losses = [9, 9, 1, 2, 9, 4];

/** As the README writes it: each row's mean of w ℓ, times its trained tokens. */
function objective(values: readonly number[], decay: number): number {
  const places = [...trainMask.keys()].filter((t) => trainMask[t] === 1);
  const suffix = (t: number) =>
    places.filter((k) => k >= t).reduce((sum, k) => sum + decay ** (k - t) * (values[k] ?? 0), 0);
  const total = places.reduce((sum, t) => sum + suffix(t), 0);
  return places.reduce((sum, t) => sum + (places.length * suffix(t) * (values[t] ?? 0)) / total, 0);
}

describe('propagatedWeights', () => {
  it('are the discounted loss from a token on, with the mean 1 over what is trained', () => {
    // γ = ½: s_5 = 4, s_3 = 2 + ¼ · 4 = 3 (two places before), s_2 = 1 + ½ · 3 = 2.5; the sum is 9.5.
    const weights = propagatedWeights({ losses, trainMask }, 0.5);
    [0, 0, 7.5 / 9.5, 9 / 9.5, 0, 12 / 9.5].forEach((weight, t) => expect(weights[t]).toBeCloseTo(weight, 6));
  });

  it('are exactly 1 without propagation, and where there is no loss left', () => {
    expect([...propagatedWeights({ losses, trainMask }, 0)]).toEqual(trainMask);
    expect([...propagatedWeights({ losses: [0, 0, 0, 0, 0, 0], trainMask }, 0.9)]).toEqual(trainMask);
  });

  it('never count the first token', () => {
    expect([...propagatedWeights({ losses: [5, 1], trainMask: [1, 1] }, 0.5)]).toEqual([0, 1]);
  });
});

describe('differentiatedWeights', () => {
  it.each([0.3, 0.95])('are the derivative of the objective by each loss, for γ = %f', (decay) => {
    const weights = differentiatedWeights({ losses, trainMask }, decay);
    for (const [t, trained] of trainMask.entries()) {
      if (!trained) {
        expect(weights[t]).toBe(0);
        continue;
      }
      const moved = (by: number) => losses.map((loss, k) => loss + (k === t ? by : 0));
      const measured = (objective(moved(1e-5), decay) - objective(moved(-1e-5), decay)) / 2e-5;
      expect(weights[t]).toBeCloseTo(measured, 5);
    }
  });

  it('give the objective itself when they weigh the losses', () => {
    const weights = differentiatedWeights({ losses, trainMask }, 0.95);
    const weighed = losses.reduce((sum, loss, t) => sum + loss * (weights[t] ?? 0), 0);
    expect(weighed).toBeCloseTo(objective(losses, 0.95), 5);
  });

  it('are 1 without propagation', () => {
    expect([...differentiatedWeights({ losses, trainMask }, 0)]).toEqual(trainMask);
  });
});
