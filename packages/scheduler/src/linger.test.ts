import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ASSUMED_COLD_START_MS,
  breakEvenMs,
  decideLinger,
  MAX_LINGER_MS,
  measuredColdStartMs,
  type RunnerState,
  WAITING_WEIGHT,
} from './linger.js';
import { queueHint } from './queue-hint.js';

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

it('smooths measured cold starts, starting from the first', () => {
  expect(measuredColdStartMs(null, 1_000)).toBe(1_000);
  expect(measuredColdStartMs(1_000, 2_000)).toBeCloseTo(1_300);
});

describe('queueHint', () => {
  it('says warm when an idle runner is left for the job', () => {
    expect(queueHint([idle(0)], 0, 1)).toEqual({ start: 'warm', waitMs: 0 });
    expect(queueHint([idle(0)], 1, 1)).toEqual({ start: 'busy', waitMs: null });
    expect(queueHint([{ ...idle(0), idleSinceMs: null }], 0, 1)).toEqual({ start: 'busy', waitMs: null });
  });

  it('says cold, with the longest cold start known, when no runner is up or stays', () => {
    expect(queueHint([], 0, 0)).toEqual({ start: 'cold', waitMs: ASSUMED_COLD_START_MS });
    expect(queueHint([idle(0, 1_000), idle(0, 2_000)], 0, 10 ** 9)).toEqual({ start: 'cold', waitMs: 2_000 });
  });
});
