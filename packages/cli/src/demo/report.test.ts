import { describe, expect, it } from 'vitest';
import { makeReport, reportText, STAGES, type StageResult } from './report.js';
import type { Scores } from './scores.js';

const WORDS = 100;
/** Scores with the given mean reward, the hard words being the same for everyone. */
function scores(reward: number): Scores {
  const perWord = Array.from({ length: WORDS }, (_, i) => reward + (i % 2 === 0 ? 0.1 : -0.1));
  return { reward: perWord, exact: perWord.map((r) => Number(r > 0.6)), phonemeErrorRate: perWord.map((r) => 1 - r) };
}

const results = (rewards: readonly number[]): StageResult[] =>
  STAGES.map((stage, i) => {
    const own = scores(rewards[i] ?? 0);
    return { stage, model: `model-${i}`, scores: { sampled: own, greedy: own } };
  });

describe('makeReport', () => {
  it('finds that RL beat SFT when every word gained', () => {
    const report = makeReport(results([0.1, 0.6, 0.7]), 1);
    expect(report.rlBeatsSft).toBe(true);
    expect(report.words).toBe(WORDS);
    expect(report.comparisons[0]?.rewardGain.mean).toBeCloseTo(0.1);
    const text = reportText(report);
    expect(text).toContain('SFT + RL  temperature 1       50.0 %');
    expect(text).toContain('RL − SFT, mean reward, temperature 1: +0.100 [+0.100, +0.100] (paired by word)');
    expect(text).toContain('RL beat SFT');
  });

  it('says plainly that RL did not win: when it lost, and when it is too close to tell', () => {
    for (const rl of [0.5, 0.6]) {
      const report = makeReport(results([0.1, 0.6, rl]), 1);
      expect(report.rlBeatsSft).toBe(false);
      expect(reportText(report)).toContain('RL did NOT beat SFT');
    }
  });

  it('says so when RL won at temperature 1 and lost with greedy decoding', () => {
    const mixed = results([0.1, 0.6, 0.7]).map((result) =>
      result.stage === 'SFT + RL' ? { ...result, scores: { ...result.scores, greedy: scores(0.5) } } : result,
    );
    expect(reportText(makeReport(mixed, 1))).toMatch(/RL beat SFT: .*\nBut with greedy decoding RL is WORSE than SFT/);
    expect(reportText(makeReport(results([0.1, 0.6, 0.7]), 1))).not.toContain('WORSE');
  });
});
