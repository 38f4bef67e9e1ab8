import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ASSUMED_COLD_START_MS,
  breakEvenMs,
  decideLinger,
  MAX_LINGER_MS,
  type RunnerState,
  WAITING_WEIGHT,
} from './linger.js';

const idle = (idleSinceMs: number, coldStartMs: number | null = 1_000): RunnerState => ({
  idleSinceMs,
  queuedJobs: 0,
  coldStartMs,
});

describe('decideLinger', () => {
  it('stays for ten times the measured cold start, counted from the end of the last job', () => {
    expect(decideLinger(idle(5_000), 5_000)).toEqual({ lingerMs: 10_000, reason: 'below_break_even' });
    expect(decideLinger(idle(5_000), 14_999)).toEqual({ lingerMs: 1, reason: 'below_break_even' });
    expect(decideLinger(idle(5_000), 15_000)).toEqual({ lingerMs: 0, reason: 'break_even_reached' });
  });

  it('does not leave while it works or work is waiting', () => {
    expect(decideLinger({ ...idle(0), idleSinceMs: null }, 10 ** 9).reason).toBe('work');
    expect(decideLinger({ ...idle(0), queuedJobs: 1 }, 10 ** 9)).toEqual({ lingerMs: 10_000, reason: 'work' });
  });

  it('assumes a cold start before one is measured, and never stays beyond the bound', () => {
    expect(breakEvenMs(null)).toBe(ASSUMED_COLD_START_MS * (1 + WAITING_WEIGHT));
    expect(breakEvenMs(10 ** 12)).toBe(MAX_LINGER_MS);
    expect(decideLinger(idle(2_000), 0).lingerMs).toBe(10_000);
  });

  it('never costs more than twice what a clairvoyant pays, whatever the gap to the next job', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: 0, max: 10 ** 8 }), (coldStartMs, gapMs) => {
        const missCost = coldStartMs * (1 + WAITING_WEIGHT);
        const { lingerMs } = decideLinger(idle(0, coldStartMs), 0);
        const paid = gapMs <= lingerMs ? gapMs : lingerMs + missCost;
        expect(paid).toBeLessThanOrEqual(2 * Math.min(gapMs, missCost));
      }),
    );
  });
});
