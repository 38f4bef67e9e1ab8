import { describe, expect, it } from 'vitest';
import { betterOf, median, medianRatio, ratioOf, type Series, verdict } from './statistics.js';

const series = (...values: number[]): Series => new Map(values.map((value, round) => [round, value]));

describe('median', () => {
  it('is the middle value, the mean of two, or nothing', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('medianRatio', () => {
  it('is the ratio of medians, within what the rounds leave open', () => {
    const theirs = [100, 104, 98, 101, 99, 103, 97, 100];
    const { ratio, low, high } = medianRatio(
      theirs.map((value) => 1.25 * value),
      theirs,
    );
    expect([ratio, low, high].map((value) => Number(value.toFixed(9)))).toEqual([1.25, 1.25, 1.25]);
    const noisy = medianRatio([120, 180, 118, 260, 121, 119, 122, 150], theirs);
    expect(noisy.low).toBeLessThan(noisy.ratio);
    expect(noisy.high).toBeGreaterThan(noisy.ratio);
    expect(noisy).toEqual(medianRatio([120, 180, 118, 260, 121, 119, 122, 150], theirs));
  });

  it('refuses sides of different rounds', () => {
    expect(() => medianRatio([1, 2], [1])).toThrow('got 2 and 1');
  });
});

describe('ratioOf', () => {
  it('is the median of ratios within rounds, not the ratio of medians', () => {
    const ratio = ratioOf(series(100, 10, 30), series(50, 10, 10), 'higher');
    expect(ratio).toMatchObject({ median: 2, lowest: 1, highest: 3, rounds: 3 });
  });

  it('turns round where less is better', () => {
    expect(ratioOf(series(1, 1), series(3, 5), 'lower')).toMatchObject({ median: 4, lowest: 3, highest: 5 });
  });

  it('uses only rounds that both sides have', () => {
    const peer = new Map([
      [1, 4],
      [7, 1],
    ]);
    expect(ratioOf(series(100, 8), peer, 'higher')).toMatchObject({ median: 2, rounds: 1 });
    expect(ratioOf(series(1), new Map([[5, 1]]), 'higher')).toBeUndefined();
  });

  it('calls a small ratio unresolved when the sides overlap, in either direction', () => {
    expect(ratioOf(series(10, 12), series(9, 11), 'higher')?.isUnresolved).toBe(true);
    expect(ratioOf(series(9, 11), series(10, 12), 'higher')?.isUnresolved).toBe(true);
    expect(ratioOf(series(11, 11.1), series(10, 10.1), 'higher')?.isUnresolved).toBe(false);
    expect(ratioOf(series(10, 30), series(5, 15), 'higher')?.isUnresolved).toBe(false);
  });
});

describe('betterOf', () => {
  const [slow, fast, unmeasured] = [{ series: series(1, 2, 3) }, { series: series(5, 4, 1) }, { series: series() }];

  it('takes the peer at its best median', () => {
    expect(betterOf([unmeasured, slow, fast], 'higher')).toBe(fast);
    expect(betterOf([fast, slow], 'lower')).toBe(slow);
    expect(betterOf([unmeasured], 'higher')).toBeUndefined();
  });
});

describe('verdict', () => {
  const clear = { median: 1.4, lowest: 1.3, highest: 1.5, rounds: 5, isUnresolved: false };
  const vague = { ...clear, median: 1.1, isUnresolved: true };

  it('meets a goal only with a ratio that noise does not explain', () => {
    expect(verdict(clear, 1.3)).toBe('met');
    expect(verdict(clear, 1.5)).toBe('missed');
    expect(verdict(vague, 1.05)).toBe('unresolved');
    expect(verdict(vague, 1.3)).toBe('missed');
    expect(verdict(clear, null)).toBe('no goal');
    expect(verdict(vague, null)).toBe('unresolved');
  });
});
