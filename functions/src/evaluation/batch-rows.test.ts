import { MAX_ITEM_SEGMENTS, type StoredRun } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { nextBatchRows } from './batch-rows.js';

const runOf = (more: Partial<StoredRun> = {}): StoredRun =>
  ({ counts: { total: 1000 }, attempts: 0, segments: [], ...more }) as unknown as StoredRun;
const MINUTES = 60_000;
const sizeOf = (run: StoredRun, remainingMs: number | null, isFirst = true) =>
  nextBatchRows(run, { rowsLeft: 1000, remainingMs, isFirst });

describe('rows of the next batch', () => {
  it('are a whole batch where nobody stops the worker, and where there is time for it', () => {
    expect([sizeOf(runOf(), null), sizeOf(runOf({ rowMs: 100 }), 14 * MINUTES)]).toEqual([64, 64]);
  });

  it('are few where there is a deadline and no row was measured', () => {
    expect(sizeOf(runOf(), 14 * MINUTES)).toBe(8);
  });

  it('are what half of the time that is left is enough for', () => {
    expect(sizeOf(runOf({ rowMs: 60_000 }), 14 * MINUTES)).toBe(7);
  });

  it('are none where not one has the time, but one for who has done none yet', () => {
    const slow = runOf({ rowMs: 10 * MINUTES });
    expect([sizeOf(slow, 2 * MINUTES, false), sizeOf(slow, 2 * MINUTES, true)]).toEqual([0, 1]);
  });

  it('are a quarter after every attempt without progress, until it is one', () => {
    expect([0, 1, 2, 3, 4].map((attempts) => sizeOf(runOf({ attempts }), null))).toEqual([64, 16, 4, 1, 1]);
    expect(sizeOf(runOf({ attempts: 3, rowMs: 1 }), 14 * MINUTES)).toBe(1);
  });

  it('never need more segments than there may be, however small batches were', () => {
    const segments = Array.from({ length: MAX_ITEM_SEGMENTS - 10 }) as StoredRun['segments'];
    expect(sizeOf(runOf({ segments, rowMs: MINUTES }), 2 * MINUTES)).toBe(100);
  });
});
