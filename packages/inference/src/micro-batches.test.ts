import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMicroBatches } from './micro-batches.js';

describe('planMicroBatches', () => {
  it('puts every row into exactly one call, never exceeds the size, and sorts by length', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 300 });
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 40 }),
        (rows, runners, maxRows) => {
          const calls = planMicroBatches(rows, runners, maxRows);
          const order = calls.flat();
          expect([...order].sort((a, b) => a - b)).toEqual(rows.map((_, index) => index));
          expect(Math.max(0, ...calls.map((call) => call.length))).toBeLessThanOrEqual(maxRows);
          const sorted = order.map((index) => rows[index] as number);
          expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
        },
      ),
    );
  });

  it('gives every runner as much as the others', () => {
    const rows = new Array(96).fill(4);
    expect(planMicroBatches(rows, 2, 64).map(({ length }) => length)).toEqual([48, 48]);
    expect(planMicroBatches(new Array(256).fill(4), 2, 64).map(({ length }) => length)).toEqual([64, 64, 64, 64]);
    expect(planMicroBatches([4], 8, 64)).toEqual([[0]]);
  });
});
