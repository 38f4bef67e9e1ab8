import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, CENTRES_MS, EDGES_MS, totalGaps } from './gap-histogram.js';
import {
  allPaces,
  compactKeyState,
  foldKeyStates,
  type KeyState,
  mergeKeyStates,
  NO_KEY_STATE,
  observeArrival,
  observeRelease,
} from './key-state.js';

const NOW_MS = 1_700_000_000_000;
const events = fc.array(fc.record({ isArrival: fc.boolean(), afterMs: fc.nat(10 ** 8) }), { maxLength: 300 });

function learnedFrom(history: readonly { isArrival: boolean; afterMs: number }[]): KeyState {
  let [state, nowMs] = [NO_KEY_STATE, NOW_MS];
  for (const { isArrival, afterMs } of history) {
    nowMs += afterMs;
    state = isArrival ? observeArrival(state, nowMs).own : observeRelease(state, nowMs);
  }
  return state;
}

describe('bins of gaps', () => {
  it('hold every gap between their edges, and their centres', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(10 ** 8), fc.constantFrom(...EDGES_MS)), (gapMs) => {
        const bin = binOf(gapMs);
        expect(gapMs).toBeGreaterThanOrEqual(EDGES_MS[bin] as number);
        expect(gapMs).toBeLessThan(EDGES_MS[bin + 1] ?? Infinity);
      }),
    );
    for (const [bin, centreMs] of CENTRES_MS.entries()) expect(binOf(centreMs)).toBe(bin);
    expect([binOf(-5), binOf(NaN), EDGES_MS.length, EDGES_MS[1], EDGES_MS.at(-1)]).toEqual([
      0, 0, 41, 1000, 21_600_000,
    ]);
  });
});

describe('the state of a key', () => {
  it('fits 2 KB whatever was seen', () => {
    fc.assert(
      fc.property(events, (history) => {
        expect(JSON.stringify(compactKeyState(learnedFrom(history))).length).toBeLessThanOrEqual(2048);
      }),
      { numRuns: 200 },
    );
    // The fullest there can be: every count of every pace in use, every release kept, and as many of other writers used.
    const releases = Array.from({ length: 24 }, (_, i) => [NOW_MS + i, 3] as const);
    const full = {
      ...NO_KEY_STATE,
      ...{ gaps: NO_KEY_STATE.gaps.map((counts) => counts.map(() => 1.23456)), observed: 1e9, releases },
      ...{ usedMs: releases.map(([atMs]) => atMs), arrivedMs: NOW_MS },
    };
    expect(JSON.stringify(compactKeyState(full)).length).toBeLessThanOrEqual(2048);
  });

  it('merges to the same whatever the order and grouping, with nothing lost', () => {
    fc.assert(
      fc.property(events, events, events, (x, y, z) => {
        const [a, b, c] = [learnedFrom(x), learnedFrom(y), learnedFrom(z)];
        const merged = mergeKeyStates(mergeKeyStates(a, b), c);
        const regrouped = mergeKeyStates(c, mergeKeyStates(b, a));
        expect({ ...merged, gaps: null }).toEqual({ ...regrouped, gaps: null });
        expect(totalGaps(allPaces(merged))).toBeCloseTo(totalGaps(allPaces(regrouped)), 9);
        expect(merged.observed).toBe(a.observed + b.observed + c.observed);
        expect(mergeKeyStates(a, NO_KEY_STATE)).toEqual(a);
      }),
      { numRuns: 50 },
    );
  });

  it('counts a gap once, whichever writer saw the release', () => {
    const released = observeRelease(NO_KEY_STATE, NOW_MS);
    const first = observeArrival(NO_KEY_STATE, NOW_MS + 5_000, released);
    expect(first.gap).toEqual({ ms: 5_000, pace: 3 });
    const second = observeArrival(first.own, NOW_MS + 6_000, released);
    expect(second.gap).toBeNull();
    expect(observeArrival(NO_KEY_STATE, NOW_MS + 7_000, mergeKeyStates(released, first.own)).gap).toBeNull();
  });

  it('counts every gap once, however many writers share what they see', () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat(3)), (history, writer) => {
        const shards = Array.from({ length: 4 }, () => NO_KEY_STATE);
        let [alone, nowMs] = [NO_KEY_STATE, NOW_MS];
        for (const { isArrival, afterMs } of history.slice(0, 20)) {
          nowMs += 1 + (afterMs % 600_000);
          const index = writer.next().value;
          const own = shards[index] as KeyState;
          const others = shards.filter((_, i) => i !== index).reduce(mergeKeyStates, NO_KEY_STATE);
          shards[index] = isArrival ? observeArrival(own, nowMs, others).own : observeRelease(own, nowMs, others);
          alone = isArrival ? observeArrival(alone, nowMs).own : observeRelease(alone, nowMs);
        }
        expect(shards.reduce((sum, { observed }) => sum + observed, 0)).toBe(alone.observed);
        const folded = shards.reduce((sum, one, i) => {
          const others = shards.slice(i + 1).reduce(mergeKeyStates, NO_KEY_STATE);
          return foldKeyStates(sum, one, { nowMs, others });
        }, NO_KEY_STATE);
        expect(folded.observed).toBe(alone.observed);
        expect(folded.releases).toEqual(alone.releases);
      }),
      { numRuns: 100 },
    );
  });

  it('fades and keeps its size when what others knew is folded into it', () => {
    let [folded, nowMs] = [NO_KEY_STATE, NOW_MS];
    for (let runner = 0; runner < 200; runner++) {
      const released = observeRelease(NO_KEY_STATE, (nowMs += 1000));
      const used = runner % 2 === 0 ? released : observeArrival(released, (nowMs += 60_000)).own;
      folded = compactKeyState(foldKeyStates(folded, used, { nowMs, others: NO_KEY_STATE }));
    }
    expect(folded.releases).toHaveLength(24);
    expect(JSON.stringify(folded).length).toBeLessThanOrEqual(2048);
    const before = totalGaps(allPaces(folded));
    const more = learnedFrom([
      { isArrival: false, afterMs: 1 },
      { isArrival: true, afterMs: 30_000 },
    ]);
    const after = totalGaps(allPaces(foldKeyStates(folded, more, { nowMs, others: NO_KEY_STATE })));
    expect(after).toBeCloseTo(before * 0.999 + 1, 6);
  });

  it('knows the pace of arrivals at a release', () => {
    const arrived = observeArrival(NO_KEY_STATE, NOW_MS).own;
    const paces = [9_999, 10_000, 100_000, 1_000_000].map(
      (ms) => observeRelease(arrived, NOW_MS + ms).releases[0]?.[1],
    );
    expect(paces).toEqual([0, 1, 2, 3]);
  });

  it('counts a release that waited in vain as a long gap', () => {
    const waited = observeRelease(observeRelease(NO_KEY_STATE, NOW_MS), NOW_MS + 6 * 3_600_000);
    expect(allPaces(waited).at(-1)).toBe(1);
    expect(waited.releases).toHaveLength(1);
    const crowd = Array.from({ length: 30 }, (_, i) => i).reduce((s, i) => observeRelease(s, NOW_MS + i), NO_KEY_STATE);
    expect([crowd.releases.length, crowd.observed]).toEqual([24, 6]);
  });
});
