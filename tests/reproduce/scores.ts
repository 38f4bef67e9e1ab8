/** From answers item by item to the numbers that are reported. */
import type { Answers } from './lab.js';

export interface ArmScores {
  /** Share of items whose greedy answer is right. */
  readonly pass_1_greedy: number;
  /** Mean share of sampled answers that are right; absent without samples. */
  readonly pass_1_sampled?: number;
  /** Of `k` samples at least one is right. */
  readonly pass_k?: { readonly k: number; readonly value: number };
  /** Of the samples, the answer that most of them give is right. */
  readonly vote?: { readonly k: number; readonly value: number };
  /** Mean tokens of a greedy answer. */
  readonly tokens: number;
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

export const rounded = (value: number): number => Number(value.toFixed(4));

/** @param samples Answers of an item; 0 for none. */
export function scoresOf(answers: Answers, samples: number): ArmScores {
  const measures = perItem(answers, samples);
  const of = (name: keyof ItemMeasures) => rounded(mean(measures[name] ?? []));
  return {
    pass_1_greedy: of('greedy'),
    ...(samples > 0 ? sampledScores(samples, of) : {}),
    tokens: of('tokens'),
  };
}

const sampledScores = (k: number, of: (name: keyof ItemMeasures) => number) => ({
  pass_1_sampled: of('sampled'),
  pass_k: { k, value: of('pass_k') },
  vote: { k, value: of('vote') },
});

/** Every measure item by item, in the suite's order. */
export interface ItemMeasures {
  readonly greedy: readonly number[];
  readonly tokens: readonly number[];
  readonly sampled?: readonly number[];
  readonly pass_k?: readonly number[];
  readonly vote?: readonly number[];
}

export function perItem({ greedy, tokens, sampledRight, votedRight }: Answers, samples: number): ItemMeasures {
  if (samples === 0) return { greedy, tokens };
  const sampled = sampledRight.map((right) => right / samples);
  return { greedy, tokens, sampled, pass_k: sampledRight.map((right) => Number(right > 0)), vote: votedRight };
}
