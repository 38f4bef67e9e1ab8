import { CounterRandom } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { generalisedAdvantages } from './generalised-advantages.js';

/** Σ over l of (γλ)^l·δ(t + l), as the paper writes it. */
function naive(rewards: number[], values: number[], gamma: number, lambda: number): number[] {
  const surprise = (t: number) => (rewards[t] ?? 0) + gamma * (values[t + 1] ?? 0) - (values[t] ?? 0);
  return rewards.map((_, t) =>
    rewards.slice(t).reduce((sum, _reward, l) => sum + (gamma * lambda) ** l * surprise(t + l), 0),
  );
}

describe('generalisedAdvantages', () => {
  it.each([
    [1, 0.95],
    [0.9, 0.5],
    [0.99, 0],
    [1, 1],
  ])('equals the naive double loop with γ = %d and λ = %d', (gamma, lambda) => {
    const random = CounterRandom.fromSeed(`gae ${gamma} ${lambda}`);
    const [rewards, values] = [0, 1].map(() => Array.from({ length: 17 }, () => 2 * random.float() - 1)) as [
      number[],
      number[],
    ];
    const { advantages_T, returns_T } = generalisedAdvantages(rewards, values, { gamma, lambda });
    naive(rewards, values, gamma, lambda).forEach((expected, t) => {
      expect(advantages_T[t]).toBeCloseTo(expected, 5);
      expect(returns_T[t]).toBeCloseTo(expected + (values[t] ?? 0), 5);
    });
  });

  it('equals a computation by hand on two steps', () => {
    const { advantages_T } = generalisedAdvantages([0, 1], [0.5, 0.25], { gamma: 0.5, lambda: 0.5 });
    // δ1 = 1 − 0.25 = 0.75; δ0 = 0 + 0.5·0.25 − 0.5 = −0.375; A0 = −0.375 + 0.25·0.75.
    expect([...advantages_T]).toEqual([-0.1875, 0.75]);
  });
});
