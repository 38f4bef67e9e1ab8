import { describe, expect, it } from 'vitest';
import { experimentPath } from './catalogue.js';
import { readExperiment } from './experiment.js';
import { judgeChecks } from './judge-checks.js';
import type { ArmRun } from './run-arms.js';

const ITEMS = 200;
const SEEDS = [1, 2, 3];
const suites = { one: { task: 'arith', items: ITEMS, max_tokens: 8, samples: 0 } };

/** An arm that is right on the first `right` items. */
const arm = (name: string, seed: number, right: number): ArmRun => ({
  arm: name,
  seed,
  trainedTokens: 10 * right,
  steps: right,
  spent: null,
  policy: null,
  metrics: {},
  wallSeconds: 0,
  curve: [1, 3, 2].map((loss, i) => ({ step: i + 1, loss: loss * right })),
  answers: {
    one: {
      greedy: Array.from({ length: ITEMS }, (_, i) => Number(i < right)),
      tokens: Array.from({ length: ITEMS }, () => right),
      sampledRight: [],
      votedRight: [],
      wallSeconds: 0,
    },
  },
});
const judge = (margin: string, a: readonly number[], b: readonly number[], effect?: string) => {
  const runs = SEEDS.flatMap((seed, i) => [arm('a', seed, a[i] ?? 0), arm('b', seed, b[i] ?? 0)]);
  const [result] = judgeChecks({ checks: [{ says: 'test', margin, ...(effect ? { effect } : {}) }], suites }, runs);
  if (!result) throw new Error('no result');
  return result;
};

describe('judgeChecks', () => {
  it('passes a margin that holds with the sign in every seed', () => {
    const result = judge('b__one - a__one - 0.03', [100, 100, 100], [110, 108, 112], 'b__one - a__one');
    expect(result).toMatchObject({ margin_value: 0.02, sign_in_all_seeds: true, passed: true });
    expect(result.effect_by_seed).toEqual({ 1: 0.05, 2: 0.04, 3: 0.06 });
    expect(result.effect_interval[0]).toBeGreaterThan(0);
  });

  it('fails a margin that is missed, however sure the effect', () => {
    const result = judge('b__one - a__one - 0.1', [100, 100, 100], [110, 108, 112], 'b__one - a__one');
    expect(result).toMatchObject({ sign_in_all_seeds: true, passed: false });
  });

  it('fails an effect that some seed contradicts and whose interval reaches below 0', () => {
    const result = judge('b__one - a__one', [100, 100, 100], [102, 99, 101]);
    expect(result).toMatchObject({ sign_in_all_seeds: false, passed: false });
    expect(result.margin_value).toBeGreaterThan(0);
    expect(result.effect_interval[0]).toBeLessThanOrEqual(0);
  });

  it('passes an effect whose interval is above 0 though one seed contradicts it', () => {
    expect(judge('b__one - a__one', [100, 100, 100], [140, 99, 140])).toMatchObject({
      sign_in_all_seeds: false,
      passed: true,
    });
  });

  it('counts seeds where the criterion does', () => {
    const runs = SEEDS.flatMap((seed, i) => [arm('a', seed, 100), arm('b', seed, [110, 90, 110][i] ?? 0)]);
    const judged = (in_seeds: number) =>
      judgeChecks({ checks: [{ says: 'test', margin: 'b__one - a__one - 0.02', in_seeds }], suites }, runs)[0]?.passed;
    expect([judged(2), judged(3)]).toEqual([true, false]);
  });

  it('knows what arms cost', () => {
    const result = judge('0.75 * a__steps - b__steps', [100, 100, 100], [60, 70, 74]);
    expect(result).toMatchObject({ effect_by_seed: { 1: 15, 2: 5, 3: 1 }, passed: true });
    expect(judge('a__trained_tokens', [100, 100, 100], [0, 0, 0]).margin_value).toBe(1000);
    const bump = judge('a__highest_loss - max(a__first_loss, a__last_loss)', [5, 6, 7], [0, 0, 0]);
    expect(bump).toMatchObject({ effect_by_seed: { 1: 5, 2: 6, 3: 7 }, effect_interval: [6, 6] });
    // The mean is above 0, but nothing was drawn that could say how surely.
    expect(judge('b__steps - a__steps', [100, 100, 100], [130, 90, 90]).passed).toBe(false);
  });

  it('pairs items: the interval of equal arms has no width', () => {
    expect(judge('b__one - a__one + 0.1', [60, 90, 30], [60, 90, 30]).effect_interval).toEqual([0.1, 0.1]);
  });

  it('agrees with the normal interval for independent items: 100 of 200 right', () => {
    const { effect_interval: interval } = judge('a__one', [100, 100, 100], [0, 0, 0]);
    const halfWidth = 1.645 * Math.sqrt(0.25 / ITEMS);
    expect(interval[0]).toBeCloseTo(0.5 - halfWidth, 1);
    expect(interval[1]).toBeCloseTo(0.5 + halfWidth, 1);
  });

  it('knows tokens and the smaller of several, and names variables when a formula cannot be read', () => {
    expect(judge('min(b__one__tokens - a__one__tokens, 5)', [1, 1, 1], [3, 3, 3]).margin_value).toBe(2);
    expect(() => judge('c__one', [1, 1, 1], [1, 1, 1])).toThrow(/variables are a__one, a__one__tokens, a__steps/);
  });

  it('knows how soon reinforcement had nearly what it ends with', () => {
    const curve = [0.1, 0.5, 0.5, 0.5].map((reward, i) => ({ step: 10 * i, reward }));
    const runs = SEEDS.map((seed) => ({ ...arm('a', seed, 1), curve }));
    const valueOf = (margin: string) =>
      judgeChecks({ checks: [{ says: 'test', margin }], suites }, runs)[0]?.margin_value;
    expect(valueOf('a__steps_to_90')).toBe(9);
    expect(valueOf('a__final_reward - a__start_reward')).toBe(0.4);
  });

  it('compares curves by the area under what they reach with so many tokens, item by item', () => {
    const runs = SEEDS.flatMap((seed) => [arm('a', seed, 100), arm('b', seed, 50)]);
    const curves = { both: ['a__one', 'b__one'], dear: ['a__one'] };
    const [result] = judgeChecks(
      { checks: [{ says: 'test', margin: 'both__area - dear__area' }], suites, curves },
      runs,
    );
    // Up to 100 tokens: b reaches ¼ from 50 on, and a reaches its ½ at the end of the range only.
    expect(result?.margin_value).toBe(0.125);
    expect(result?.effect_interval[0]).toBeLessThan(0.125);
    expect(result?.passed).toBe(true);
    const unknown = { both: ['c__one'] };
    const judged = { checks: [{ says: 'test', margin: 'both__area' }], suites, curves: unknown };
    expect(() => judgeChecks(judged, runs)).toThrow('c__one');
  });

  it('finds no difference between equal arms by picking the worst of them', () => {
    // Three arms of one kind; what differs is the seed, in which each is the worst once.
    const right = { a: [90, 100, 110], b: [100, 110, 90], c: [110, 90, 100] };
    const runs = SEEDS.flatMap((seed, i) => Object.entries(right).map(([name, each]) => arm(name, seed, each[i] ?? 0)));
    const worst = { among: ['a', 'b', 'c'], take: 'lowest' as const, by: 'arm__one' };
    const checkOf = (margin: string) => ({ says: 'test', margin });
    const margins = ['100 / 200 - worst__one', '100 / 200 - min(a__one, b__one, c__one)'].map(checkOf);
    const [picked, least] = judgeChecks({ checks: margins, suites, picks: { worst } }, runs);
    expect(least?.effect_by_seed).toEqual({ 1: 0.05, 2: 0.05, 3: 0.05 });
    // What is low by the other seeds is high by this one.
    expect(picked?.effect_by_seed).toEqual({ 1: -0.05, 2: -0.05, 3: -0.05 });
  });

  it('finds the worst where it is the worst with every seed, with its items, and names a pick that is wrong', () => {
    const runs = SEEDS.flatMap((seed) => [arm('a', seed, 80 + seed), arm('b', seed, 40 + seed), arm('c', seed, 60)]);
    const judged = (among: string[], by = 'arm__one', name = 'worst') => {
      const picks = { [name]: { among, take: 'lowest' as const, by } };
      return judgeChecks({ checks: [{ says: 'test', margin: 'a__one - worst__one - 0.1' }], suites, picks }, runs)[0];
    };
    const found = judged(['a', 'b', 'c']);
    expect(found).toMatchObject({ margin_value: 0.1, effect_by_seed: { 1: 0.1, 2: 0.1, 3: 0.1 }, passed: true });
    expect(found?.effect_interval[0]).toBeGreaterThan(0);
    expect(found?.effect_interval[1]).toBeGreaterThan(found?.effect_interval[0] ?? 0);
    expect(() => judged(['a', 'd'])).toThrow('the pick worst is among d, which is no arm');
    expect(() => judged(['a', 'b'], 'arm__two')).toThrow(/the pick worst, "arm__two": .*arm__one/);
    expect(() => judged(['a', 'b'], 'arm__one', 'c')).toThrow('the pick c has the name of an arm');
  });
});

describe('the checks of acereason-synergy', () => {
  const { checks, picks } = readExperiment(experimentPath('acereason-synergy'), 'small');
  const both = { arith: suites.one, countdown3: suites.one };
  const even = { few_1: 80, many_4: 100, weak_h03: 95, h03: 100, t05: 100, t08: 100, t12: 80, h015: 0, h06: 0 };
  const verdicts = (right: Partial<typeof even>) => {
    const runs = SEEDS.flatMap((seed) =>
      Object.entries({ ...even, ...right }).map(([name, count]) => {
        const run = arm(name, seed, count);
        return { ...run, answers: { arith: run.answers['one'], countdown3: run.answers['one'] } } as ArmRun;
      }),
    );
    return judgeChecks({ checks, suites: both, picks }, runs).map(({ passed }) => passed);
  };

  it('hold for a gap that narrows and a controller that is as good as the best temperature', () => {
    expect(verdicts({})).toEqual([true, true, true, true]);
  });

  it('find no gap that narrows where the strong start is behind, at first or at the end', () => {
    expect(verdicts({ many_4: 70, weak_h03: 120 }).slice(0, 2)).toEqual([false, false]);
    expect(verdicts({ many_4: 90, weak_h03: 120 }).slice(0, 2)).toEqual([true, false]);
  });

  it('do not let another target or the sweep stand in for the controller', () => {
    expect(verdicts({ h03: 90, h015: 130, h06: 130 }).slice(2)).toEqual([false, true]);
  });
});

it('wants of an aggressive reward that it rejects, not that it says nothing that can be read', () => {
  const { checks } = readExperiment(experimentPath('ats-reward'), 'small');
  const verdict = (unfit: number) => {
    const right = { sft: [100, 160], aggressive: [10, unfit], gentle: [140, 198] };
    const runs = SEEDS.flatMap((seed) =>
      Object.entries(right).map(([name, [fitting = 0, others = 0]]) => {
        const answers = {
          fitting: arm('x', seed, fitting).answers['one'],
          unfit: arm('x', seed, others).answers['one'],
        };
        return { ...arm(name, seed, 1), answers } as ArmRun;
      }),
    );
    return judgeChecks({ checks, suites: { fitting: suites.one, unfit: suites.one } }, runs).map(
      ({ passed }) => passed,
    );
  };
  expect(verdict(198)).toEqual([true, true, true, true]);
  expect(verdict(0)).toEqual([true, false, true, true]);
});
