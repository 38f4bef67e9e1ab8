import fc from 'fast-check';
import { CounterRandom } from '@preheat/ports';
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
          const calls = planMicroBatches(rows, runners, () => maxRows);
          const order = calls.flat();
          expect([...order].sort((a, b) => a - b)).toEqual(rows.map((_, index) => index));
          expect(Math.max(0, ...calls.map((call) => call.length))).toBeLessThanOrEqual(maxRows);
          const sorted = order.map((index) => rows[index] as number);
          expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
        },
      ),
    );
  });

  it.each([
    ['words', 12, 0.4],
    ['chats', 180, 0.9],
  ])('leaves less padding than 0.15 of what is computed, on few rows of %s', (_, median, sigma) => {
    const random = CounterRandom.fromSeed('scored lengths');
    const normal = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
    for (const count of [16, 32, 256]) {
      let [given, computed] = [0, 0];
      for (let batch = 0; batch < 20; batch++) {
        const rows = Array.from({ length: count }, () => Math.ceil(median * Math.exp(sigma * normal())));
        given += rows.reduce((sum, length) => sum + length, 0);
        for (const call of planMicroBatches(rows, 2, () => 16))
          computed += call.length * Math.max(...call.map((index) => rows[index] as number));
      }
      expect(1 - given / computed, `${count} rows`).toBeLessThan(0.15);
    }
  });

  it('lets short rows go together beside a long one that goes alone', () => {
    const rows = [...new Array<number>(16).fill(10), 400, ...new Array<number>(16).fill(20)];
    const calls = planMicroBatches(rows, 1, (longest) => Math.floor(400 / longest));
    expect(calls[0]).toEqual([16]);
    expect(calls.map(({ length }) => length)).toEqual([1, 16, 16]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        (some, runners) => {
          for (const call of planMicroBatches(some, runners, (longest) => Math.ceil(60 / longest))) {
            const longest = Math.max(...call.map((index) => some[index] as number));
            expect(call.length).toBeLessThanOrEqual(Math.ceil(60 / longest));
          }
        },
      ),
    );
  });

  it('gives every runner as much as the others', () => {
    const rows = new Array(96).fill(4);
    expect(planMicroBatches(rows, 2, () => 64).map(({ length }) => length)).toEqual([48, 48]);
    expect(planMicroBatches(new Array(256).fill(4), 2, () => 64).map(({ length }) => length)).toEqual([64, 64, 64, 64]);
    expect(planMicroBatches([4], 8, () => 64)).toEqual([[0]]);
  });
});
