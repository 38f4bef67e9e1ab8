import { guardsOf } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import type { StepMetrics } from './alarm.js';
import { rewardGap } from './reward-gap.js';
import { HISTORY_STEPS, remember } from './step-history.js';

const GUARDS = guardsOf(null);

/** Steps 10, 20 … at which validation rows were answered, with a step between any two. */
function course(rewards: readonly number[], heldOut: readonly number[], shaped?: readonly number[]): StepMetrics[] {
  return rewards.flatMap((reward, i) => [
    { step: 10 * i + 9, train_mean_reward: 0 },
    {
      step: 10 * i + 10,
      train_mean_reward: reward,
      full_valid_mean_reward: heldOut[i] ?? 0,
      ...(shaped && { train_shaped_reward: shaped[i] ?? 0 }),
    },
  ]);
}

describe('rewardGap', () => {
  it('finds a reward that rises past a held-out accuracy that does not, with both courses', () => {
    const history = course([0.3, 0.35, 0.4, 0.45, 0.55], [0.4, 0.4, 0.38, 0.4, 0.37]);
    expect(rewardGap(history, GUARDS)).toMatchObject({
      detector: 'reward_gap',
      isWorthless: false,
      cause: expect.stringContaining('rose by 0.250 over 5 evaluations'),
      evidence: {
        step: [10, 20, 30, 40, 50],
        reward: [0.3, 0.35, 0.4, 0.45, 0.55],
        full_valid_mean_reward: [0.4, 0.4, 0.38, 0.4, 0.37],
        bound: 0.1,
      },
    });
  });

  it('looks at the reward that is trained for where that is shaped', () => {
    const [grades, heldOut] = [
      [0.3, 0.3, 0.3, 0.3, 0.3],
      [0.4, 0.4, 0.4, 0.4, 0.4],
    ] as const;
    expect(rewardGap(course(grades, heldOut, [0.1, 0.2, 0.3, 0.4, 0.5]), GUARDS)).toMatchObject({
      evidence: { reward: [0.1, 0.2, 0.3, 0.4, 0.5], train_mean_reward: grades },
    });
    expect(rewardGap(course([0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.1, 0.1, 0.1, 0.1], grades), GUARDS)).toBeNull();
  });

  it.each<[string, number[], number[]]>([
    ['held-out accuracy rises too', [0.3, 0.4, 0.5, 0.6, 0.7], [0.4, 0.4, 0.4, 0.5, 0.4]],
    ['samples catch up with greedy answers', [0.3, 0.4, 0.5, 0.6, 0.7], [0.8, 0.8, 0.8, 0.8, 0.8]],
    ['the reward fell in between', [0.3, 0.5, 0.4, 0.6, 0.7], [0.4, 0.4, 0.4, 0.4, 0.4]],
    ['the rise is below the bound', [0.5, 0.51, 0.52, 0.53, 0.54], [0.4, 0.4, 0.4, 0.4, 0.4]],
    ['there were too few evaluations', [0.3, 0.4, 0.5, 0.6], [0.4, 0.4, 0.4, 0.4]],
  ])('is silent when %s', (_, rewards, heldOut) => {
    expect(rewardGap(course(rewards, heldOut), GUARDS)).toBeNull();
  });

  it('is silent where the evaluations fell into turns of different rewards', () => {
    const history = course([0.3, 0.4, 0.5, 0.6, 0.7], [0, 0, 0, 0, 0]);
    const turnsOf = (turns: readonly number[]) =>
      history.map((step, i) => ({ ...step, reward_turn: turns[i >> 1] ?? 0 }));
    expect(rewardGap(turnsOf([1, 1, 1, 1, 1]), GUARDS)).not.toBeNull();
    expect(rewardGap(turnsOf([1, 2, 1, 2, 1]), GUARDS)).toBeNull();
  });

  it('is turned off by null', () => {
    const history = course([0.3, 0.4, 0.5, 0.6, 0.7], [0, 0, 0, 0, 0]);
    expect(rewardGap(history, { ...GUARDS, max_reward_gap: null })).toBeNull();
  });

  it('sees evaluations that lie further apart than the steps in a row that are kept', () => {
    const every = 2 * HISTORY_STEPS;
    const steps = Array.from({ length: 5 * every }, (_, i): StepMetrics => {
      const reward = { step: i + 1, train_mean_reward: (i + 1) / (5 * every) };
      return (i + 1) % every === 0 ? { ...reward, full_valid_mean_reward: 0.1 } : reward;
    });
    const history = steps.reduce<readonly StepMetrics[]>(remember, []);
    expect(history.length).toBeLessThanOrEqual(HISTORY_STEPS + 5);
    expect(rewardGap(history, GUARDS)?.evidence['step']).toEqual([128, 256, 384, 512, 640]);
  });
});
