import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTimeToWarm, phaseEnd, warmAtMs } from './warm-ahead.js';

const NEXT = { startMs: 60_000, startSpreadMs: 0, prices: { runner: 1, waiting: 9 } };
const steady = (remainingSteps: number) => ({
  remainingSteps,
  stepMs: new Array<number>(16).fill(1_000),
  reportEveryMs: 10_000,
});

describe('starting the next phase ahead', () => {
  it('asks at the report after which it would be too late', () => {
    expect(isTimeToWarm(steady(72), NEXT)).toBe(false);
    expect(isTimeToWarm(steady(70), NEXT)).toBe(true);
    expect(isTimeToWarm(steady(0), NEXT)).toBe(true);
  });

  it('knows nothing before the first step', () => {
    expect(phaseEnd({ ...steady(5), stepMs: [] })).toBeNull();
    expect(isTimeToWarm({ ...steady(5), stepMs: [] }, NEXT)).toBe(false);
  });

  it('takes the median: one slow step does not move the end', () => {
    expect(phaseEnd({ ...steady(100), stepMs: [1_000, 1_000, 60_000, 1_000, 1_000] })?.expectedMs).toBe(100_000);
  });

  it('asks the earlier the less is certain and the more waiting costs', () => {
    const spread = fc.integer({ min: 2_000, max: 10 ** 7 });
    fc.assert(
      fc.property(fc.nat(10 ** 7), spread, fc.integer({ min: 2, max: 100 }), (expectedMs, spreadMs, waiting) => {
        const at = (ms: number, price: number): number =>
          warmAtMs({ expectedMs, spreadMs: ms }, { ...NEXT, prices: { runner: 1, waiting: price } });
        expect(at(2 * spreadMs, waiting)).toBeLessThanOrEqual(at(spreadMs, waiting));
        expect(at(spreadMs, waiting + 1)).toBeLessThanOrEqual(at(spreadMs, waiting));
        expect(at(spreadMs, waiting)).toBeLessThan(expectedMs - NEXT.startMs);
      }),
    );
  });
});
