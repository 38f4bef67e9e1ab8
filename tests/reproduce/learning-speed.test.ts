import { describe, expect, it } from 'vitest';
import { learningOf } from './learning-speed.js';

/** An evaluation every ten steps, the first before any. */
const curveOf = (...rewards: number[]) => rewards.map((reward, i) => ({ step: 10 * i, reward }));
const stepsOf = (...rewards: number[]) => learningOf(curveOf(...rewards), 0.9)?.stepsToShare;

describe('learningOf', () => {
  it('counts the way from the start, not from nothing: who starts at 90 % has nothing of it yet', () => {
    // Smoothed it is 0.9, then 0.91, 0.92, 0.96, 0.98 at step 40, 1 at 50; 0.999 is what is asked for.
    const learned = learningOf(curveOf(0.9, 0.9, 0.92, 0.94, 1.02, 0.98, 1.0, 1.02), 0.9);
    expect(learned?.start).toBe(0.9);
    expect(learned?.final).toBeCloseTo(1.01, 12);
    expect(learned?.stepsToShare).toBeCloseTo(49.5, 9);
  });

  it('follows the line between two evaluations', () => {
    expect(stepsOf(0, 0.5, 0.5, 0.5)).toBeCloseTo(9, 12);
    expect(stepsOf(0, 0, 0, 0, 1, 1, 1, 1)).toBeCloseTo(10 * (4 + (0.9 - 2 / 3) / (1 / 3)), 12);
  });

  it('is hardly moved by one evaluation that happens to be good', () => {
    const plain = stepsOf(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.6, 0.6) ?? 0;
    const lucky = stepsOf(0, 0.1, 0.56, 0.3, 0.4, 0.5, 0.6, 0.6, 0.6) ?? 0;
    expect(Math.abs(lucky - plain)).toBeLessThan(1);
  });

  it('takes all the steps where the grade does not rise', () => {
    expect(stepsOf(0.5, 0.6, 0.5, 0.5)).toBe(30);
    expect(stepsOf(0.5, 0.4, 0.3, 0.2)).toBe(30);
    expect(stepsOf(0.5)).toBe(0);
  });

  it('is nothing of losses, and refuses a curve without its start', () => {
    expect(learningOf([{ step: 1, loss: 2 }], 0.9)).toBeNull();
    expect(() => learningOf(curveOf(0, 1).slice(1), 0.9)).toThrow('begins at step 10');
  });
});
