/** The demo's result: the table, the comparison of RL with SFT, and what may be concluded from it. */
import { renderTable } from '../table.js';
import { bootstrapDifference, bootstrapMean, type Interval } from './bootstrap.js';
import { DECODINGS, type Decoding } from './job.js';
import type { Scores } from './scores.js';

export const STAGES = ['base', 'SFT', 'SFT + RL'] as const;
export type Stage = (typeof STAGES)[number];

export interface StageResult {
  readonly stage: Stage;
  readonly model: string;
  readonly scores: Readonly<Record<Decoding['name'], Scores>>;
}

export interface ReportRow {
  readonly stage: Stage;
  readonly model: string;
  readonly decoding: string;
  readonly exact: Interval;
  readonly phonemeErrorRate: Interval;
  readonly reward: Interval;
}

export interface Comparison {
  readonly decoding: Decoding['name'];
  /** Mean reward of SFT + RL less that of SFT, paired by word. */
  readonly rewardGain: Interval;
}

export interface Report {
  readonly words: number;
  readonly rows: readonly ReportRow[];
  readonly comparisons: readonly Comparison[];
  /** Whether RL beat SFT beyond the interval at temperature 1, the distribution it trains. */
  readonly rlBeatsSft: boolean;
}

export function makeReport(results: readonly StageResult[], seed: number): Report {
  const rows = DECODINGS.flatMap((decoding) =>
    results.map(({ stage, model, scores }): ReportRow => {
      const { exact, phonemeErrorRate, reward } = scores[decoding.name];
      return {
        stage,
        model,
        decoding: decoding.label,
        exact: bootstrapMean(exact, seed),
        phonemeErrorRate: bootstrapMean(phonemeErrorRate, seed),
        reward: bootstrapMean(reward, seed),
      };
    }),
  );
  const comparisons = DECODINGS.map(({ name }): Comparison => {
    const rewards = (stage: Stage): readonly number[] =>
      results.find((r) => r.stage === stage)?.scores[name].reward ?? [];
    return { decoding: name, rewardGain: bootstrapDifference(rewards('SFT + RL'), rewards('SFT'), seed) };
  });
  const sampled = comparisons.find(({ decoding }) => decoding === 'sampled');
  const words = results[0]?.scores.sampled.reward.length ?? 0;
  return { words, rows, comparisons, rlBeatsSft: (sampled?.rewardGain.low ?? 0) > 0 };
}

export function reportText(report: Report): string {
  const table = renderTable(
    [
      { title: 'MODEL' },
      { title: 'DECODING' },
      { title: 'EXACT MATCH', align: 'right' },
      { title: 'PHONEME ERROR RATE', align: 'right' },
      { title: 'MEAN REWARD [95 % INTERVAL]', align: 'right' },
    ],
    report.rows.map((row) => [
      row.stage,
      row.decoding,
      `${(100 * row.exact.mean).toFixed(1)} %`,
      `${(100 * row.phonemeErrorRate.mean).toFixed(1)} %`,
      intervalText(row.reward),
    ]),
  );
  return `${report.words} held-out words, the same for every model\n\n${table}\n\n${verdictText(report)}`;
}

const intervalText = ({ mean, low, high }: Interval): string =>
  `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

function verdictText(report: Report): string {
  const lines = report.comparisons.map(({ decoding, rewardGain: { mean, low, high } }) => {
    const label = DECODINGS.find(({ name }) => name === decoding)?.label ?? decoding;
    const sign = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;
    return `RL − SFT, mean reward, ${label}: ${sign(mean)} [${sign(low)}, ${sign(high)}] (paired by word)`;
  });
  const conclusion = report.rlBeatsSft
    ? 'RL beat SFT: at temperature 1 the whole 95 % interval of the gain lies above zero.'
    : 'RL did NOT beat SFT: at temperature 1 the 95 % interval of the gain does not lie above zero.';
  const greedy = report.comparisons.find(({ decoding }) => decoding === 'greedy');
  const reservation =
    greedy && greedy.rewardGain.high < 0
      ? ['But with greedy decoding RL is WORSE than SFT: the whole 95 % interval lies below zero.']
      : [];
  return [...lines, conclusion, ...reservation].join('\n');
}
