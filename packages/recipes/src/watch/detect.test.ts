import { guardsOf } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import type { StepMetrics } from './alarm.js';
import { detect, newAlarms } from './detect.js';

const GUARDS = guardsOf(null);
const times = (count: number, step: StepMetrics): StepMetrics[] => Array.from({ length: count }, () => step);
const found = (history: readonly StepMetrics[], guards = GUARDS) =>
  detect(history, guards).map(({ detector }) => detector);

describe('a detector', () => {
  it('is silent on a healthy run of either kind', () => {
    const sft = Array.from({ length: 40 }, (_, i) => ({
      train_loss: 3 / (1 + i),
      update_skipped: 0,
      trained_tokens: 9,
    }));
    const rl = {
      train_mean_reward: 0.4,
      frac_zero_variance: 0.5,
      sampled_entropy: 0.7,
      approx_kl: 1e-4,
      grader_error_rate: 0,
    };
    expect(found(sft)).toEqual([]);
    expect(found(times(40, rl))).toEqual([]);
  });

  it('finds a loss that left its level, by the median of the steps before', () => {
    const level = times(12, { train_loss: 2 });
    expect(found([...level, ...times(2, { train_loss: 11 })])).toEqual([]);
    const [alarm] = detect([...level, ...times(3, { train_loss: 11 })], GUARDS);
    expect(alarm).toMatchObject({
      detector: 'loss_blow_up',
      isWorthless: true,
      evidence: { train_loss: [11, 11, 11], median: 2, bound: 5 },
    });
    expect(found([...times(5, { train_loss: 2 }), ...times(3, { train_loss: 11 })])).toEqual([]);
  });

  it('finds gradients that are no numbers, but not steps with nothing to learn', () => {
    expect(found(times(3, { update_skipped: 1, trained_rows: 4 }))).toEqual(['non_finite']);
    expect(found(times(3, { update_skipped: 1, trained_tokens: 4 }))).toEqual(['non_finite']);
    expect(found(times(3, { update_skipped: 1, trained_rows: 0 }))).toEqual([]);
  });

  it('finds steps in a row without a signal, with what they earned', () => {
    const flat = { frac_zero_variance: 1, train_mean_reward: 1, train_reward_std: 0 };
    const guards = { ...GUARDS, zero_signal_steps: 3 };
    expect(found([flat, flat, { ...flat, frac_zero_variance: 0.9 }, flat, flat], guards)).toEqual([]);
    expect(detect([flat, flat, flat], guards)).toMatchObject([
      { detector: 'zero_signal', evidence: { train_mean_reward: [1, 1, 1], train_reward_std: [0, 0, 0] } },
    ]);
  });

  for (const [metric, value, detector, steps] of [
    ['approx_kl', 1.5, 'kl_blow_up', 1],
    ['reference_kl', 21, 'kl_blow_up', 1],
    ['max_logprob_mismatch', 0.6, 'logprob_mismatch', 1],
    ['grader_error_rate', 0.6, 'grader_errors', 3],
    ['sampled_entropy', 0.0005, 'entropy_collapse', 3],
  ] as const) {
    it(`finds ${metric} out of bounds after ${steps} steps`, () => {
      expect(found(times(steps, { [metric]: value }))).toEqual([detector]);
      expect(found(times(steps - 1, { [metric]: value }))).toEqual([]);
    });
  }

  it('is turned off by null', () => {
    const off = { ...GUARDS, max_kl: null, zero_signal_steps: null, min_entropy: null };
    expect(found(times(64, { approx_kl: 9, frac_zero_variance: 1, sampled_entropy: 0 }), off)).toEqual([]);
  });

  it('tells of what lasts once', () => {
    const low = times(5, { sampled_entropy: 0 });
    expect(newAlarms(low.slice(0, 3), GUARDS)).toHaveLength(1);
    expect(newAlarms(low, GUARDS)).toEqual([]);
  });
});
