import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_KEY_STATE, observeArrival, observeRelease, type KeyState } from './key-state.js';
import { learnedLingerMs, LONGEST_LINGER_MS } from './learned-linger.js';

const MISS_COST = 380_000;
const ask = (seen: KeyState, nowMs: number, prior?: KeyState): number =>
  learnedLingerMs({ seen, ...(prior ? { prior } : {}), nowMs, idlePrice: 1, missCost: MISS_COST });

/** A key whose runner is released and asked for again after each of these gaps. */
function keyWithGaps(gapsMs: readonly number[]): { key: KeyState; nowMs: number } {
  let [key, nowMs] = [NO_KEY_STATE, 1e12];
  for (const gapMs of gapsMs) {
    key = observeArrival(observeRelease(key, nowMs), nowMs + gapMs).own;
    nowMs += gapMs + 30_000;
  }
  return { key, nowMs };
}

describe('the learned stay', () => {
  it('is break-even while nothing is known', () => {
    expect(ask(NO_KEY_STATE, 0)).toBe(MISS_COST);
  });

  it('leaves at once when the next job never comes soon', () => {
    const { key, nowMs } = keyWithGaps(new Array<number>(20).fill(4 * 3_600_000));
    expect(ask(key, nowMs)).toBe(0);
  });

  it('waits beyond break-even when nearly every job comes just after it', () => {
    const gaps = Array.from({ length: 40 }, (_, i) => (i % 8 === 0 ? 1_000 : 450_000));
    const { key, nowMs } = keyWithGaps([...gaps, ...new Array<number>(30).fill(60_000), ...gaps]);
    expect(ask(key, nowMs)).toBeGreaterThan(60_000);
    const steady = keyWithGaps(new Array<number>(40).fill(60_000));
    const stayMs = ask(steady.key, steady.nowMs);
    expect(stayMs).toBeGreaterThan(60_000);
    expect(stayMs).toBeLessThan(100_000);
  });

  it('asks the class while the key is new', () => {
    const { key: prior, nowMs } = keyWithGaps(new Array<number>(50).fill(4 * 3_600_000));
    expect(ask(NO_KEY_STATE, nowMs, prior)).toBe(0);
  });

  it('never stays beyond break-even before eight gaps were seen, so a new key pays at most twice the optimum', () => {
    const gaps = fc.array(fc.nat(10 ** 7), { maxLength: 7 });
    fc.assert(
      fc.property(gaps, fc.nat(10 ** 7), (seen, nextMs) => {
        const { key, nowMs } = keyWithGaps(seen);
        const stayMs = ask(key, nowMs, key);
        expect(stayMs).toBeLessThanOrEqual(MISS_COST);
        expect(nextMs < stayMs ? nextMs : stayMs + MISS_COST).toBeLessThanOrEqual(Math.max(2 * MISS_COST, nextMs));
      }),
    );
  });

  it('is a time between 0 and six hours whatever state it is given', () => {
    const counts = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 41, maxLength: 41 });
    fc.assert(
      fc.property(
        fc.array(counts, { minLength: 4, maxLength: 4 }),
        fc.nat(100),
        fc.integer(),
        (gaps, observed, nowMs) => {
          const stayMs = ask({ ...NO_KEY_STATE, gaps, observed }, nowMs);
          expect(stayMs >= 0 && stayMs <= LONGEST_LINGER_MS).toBe(true);
        },
      ),
    );
  });
});
