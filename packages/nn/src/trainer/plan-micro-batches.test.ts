import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketLength, planMicroBatches } from './plan-micro-batches.js';

const limits = { maxTokens: 512, overheadTokens: 64 };

describe('planMicroBatches', () => {
  it('covers every row once, with room for it, in shapes of the small set', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(lengths, (batch) => {
        const plans = planMicroBatches(batch, limits);
        expect(plans.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual([...batch.keys()]);
        for (const plan of plans) {
          expect(plan.rows.length).toBeLessThanOrEqual(plan.batch);
          expect(Math.log2(plan.batch) % 1).toBe(0);
          expect(plan.length % 8).toBe(0);
          for (const row of plan.rows) expect(batch[row]).toBeLessThanOrEqual(plan.length);
          expect(plan.batch === 1 || plan.batch * plan.length <= limits.maxTokens).toBe(true);
        }
      }),
    );
  });

  it('keeps one micro-batch for rows of one length', () => {
    expect(
      planMicroBatches(new Array<number>(16).fill(17), limits).map(({ batch, length }) => [batch, length]),
    ).toEqual([[16, 24]]);
  });

  it('parts long rows from short ones when that saves more than a run costs', () => {
    const lengths = [...new Array<number>(2).fill(64), ...new Array<number>(32).fill(8)];
    expect(planMicroBatches(lengths, limits).map(({ batch, length }) => [batch, length])).toEqual([
      [2, 64],
      [32, 8],
    ]);
  });

  it('rounds lengths up to multiples of eight', () => {
    expect([1, 8, 9, 24].map(bucketLength)).toEqual([8, 8, 16, 24]);
  });
});
