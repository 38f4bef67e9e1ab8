import { describe, expect, it } from 'vitest';
import { estimateTime } from './training-time.js';

const WORK = { tokens: { low: 1000, high: 2000 }, steps: 10, flops: { low: 1e12, high: 4e12 } };
const FLOPS = { low: 1e10, high: 1e11 };

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
});
