import { describe, expect, it } from 'vitest';
import { estimateTime } from './training-time.js';

const WORK = {
  tokens: { low: 1000, high: 2000 },
  steps: 10,
  flops: { low: 1e12, high: 4e12 },
  samplingFlops: { low: 0, high: 0 },
};
const FLOPS = { training: { low: 1e10, high: 1e11 }, sampling: { low: 1e8, high: 1e9 } };

describe('the time of training', () => {
  it('comes from measured speeds where there are any, and says so', () => {
    const measured = [
      { tokens: 500, trainMs: 1000, steps: 5 },
      { tokens: 3000, trainMs: 2000, steps: 5 },
    ];
    const { seconds, basis } = estimateTime(WORK, measured, FLOPS);
    expect(basis).toMatch(/^measured: 2 earlier phases .* 500 to 1500 tokens a second$/);
    expect(seconds.low).toBeLessThan(1000 / 1500);
    expect(seconds.high).toBeGreaterThan(2000 / 500);
  });

  it('takes no phase for a measurement that was too short to be one', () => {
    const { basis } = estimateTime(WORK, [{ tokens: 500, trainMs: 60_000, steps: 1 }], FLOPS);
    expect(basis).toMatch(/^formula/);
  });

  it('else comes from operations, from the best case to the worst', () => {
    const { seconds } = estimateTime(WORK, [], FLOPS);
    expect(seconds.low).toBeCloseTo(1e12 / 1e11, 0);
    expect(seconds.high).toBeGreaterThanOrEqual(4e12 / 1e10);
  });

  it('takes sampling at its own speed', () => {
    const sampling = { ...WORK, steps: 0, samplingFlops: { low: 1e11, high: 1e12 } };
    const { seconds, basis } = estimateTime(sampling, [], FLOPS);
    expect(seconds.low).toBeCloseTo(1e12 / 1e11 + 1e11 / 1e9, 9);
    expect(seconds.high).toBeCloseTo(4e12 / 1e10 + 1e12 / 1e8, 6);
    expect(basis).toContain('and 100 to 1000 Gflop of sampling at 0.1 to 1 Gflop a second');
  });
});
