/**
 * Score: what the value model makes of graded completions. Rewards become advantages and returns by generalised advantage
 * estimation, and these rows to train on. A completion whose grade failed trains nothing.
 */
import {
  aggregateTokens,
  completionRecord,
  generalisedAdvantages,
  reinforce,
  type TokenRecord,
  type Trainer,
  type WeightedTokens,
  whiten,
} from '@preheat/nn';
import { policyTemperature, scoringTemperature } from '../rollout/answer-segments.js';
import { type Completion, sampledCompletion } from '../rollout/collect.js';
import type { PpoLoopConfig } from './keys.js';
import { tokenRewards } from './token-rewards.js';

export interface JudgedCompletions {
  readonly rows: readonly WeightedTokens[];
  /** Trained tokens of the batch; at least 1. */
  readonly denominator: number;
  /** Means over the trained tokens. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Judges {
  readonly trainer: Trainer;
  /** Frozen; null without a KL penalty. */
  readonly reference: Trainer | null;
}

/** @param rewards In the order of `completions`; null where the grader failed. */
export async function judgeCompletions(
  completions: readonly Completion[],
  rewards: readonly (number | null)[],
  { trainer, reference }: Judges,
  config: PpoLoopConfig,
): Promise<JudgedCompletions> {
  const drawn = completions.map((completion) => completionRecord(sampledCompletion(completion), 0));
  const tokens = drawn.map((record) => record.tokens);
  const asked = { firsts: completions.map(({ prompt }) => prompt.length) };
  const values = await trainer.values(tokens, asked);
  const { answer_segments: segments = [] } = config;
  const temperature = scoringTemperature(drawn, policyTemperature(segments, config.temperature));
  const referenceLogProbs = await reference?.logProbs(tokens, temperature, asked);
  const estimates = completions.map(({ prompt, sample }, i) => {
    const start = prompt.length;
    const rewards_T = tokenRewards(
      {
        logProbs: sample.logProbs,
        referenceLogProbs: referenceLogProbs?.[i]?.subarray(start) ?? null,
        forced: sample.forced,
      },
      rewards[i] ?? 0,
      config.kl_beta,
    );
    const values_T = (values[i] ?? new Float32Array()).subarray(start);
    return generalisedAdvantages(rewards_T, values_T, { gamma: config.gamma, lambda: config.gae_lambda });
  });
  const records = completions.map((completion, i) => {
    const record = completionRecord(sampledCompletion(completion), estimates[i]?.advantages_T ?? 0);
    return rewards[i] === null ? { ...record, trainMask: new Uint8Array(record.tokens.length) } : record;
  });
  const advantages = config.whiten_advantages
    ? whiten(
        records.map(({ advantageWeight }) => advantageWeight),
        records.map(({ trainMask }) => trainMask),
      )
    : records.map(({ advantageWeight }) => advantageWeight);
  const { weights, denominator } = aggregateTokens(records, 'token', 0);
  const rows = records.map((record, i) => {
    const returns = behindPrompt(record, estimates[i]?.returns_T);
    const row = reinforce(
      { ...record, advantageWeight: advantages[i] ?? record.advantageWeight },
      undefined,
      weights[i],
    );
    return withValue(row, returns, values[i] ?? new Float32Array());
  });
  return { rows, denominator, metrics: judgedMetrics(records, values, estimates, drawn, referenceLogProbs) };
}

/** Entries of a completion, laid behind its prompt. */
function behindPrompt({ tokens }: TokenRecord, completion: Float32Array = new Float32Array()): Float32Array {
  const laid = new Float32Array(tokens.length);
  laid.set(completion, tokens.length - completion.length);
  return laid;
}

function withValue(row: WeightedTokens, returns: Float32Array, old: Float32Array): WeightedTokens {
  return row.policyGradient ? { ...row, policyGradient: { ...row.policyGradient, value: { returns, old } } } : row;
}

/** How good the value model was before the update, and how far the policy is from the reference. */
function judgedMetrics(
  records: readonly TokenRecord[],
  values: readonly Float32Array[],
  estimates: readonly { readonly returns_T: Float32Array }[],
  drawn: readonly TokenRecord[],
  referenceLogProbs: readonly Float32Array[] | undefined,
): Record<string, number> {
  const pairs = records.flatMap((record, i) => {
    const returns = behindPrompt(record, estimates[i]?.returns_T);
    return [...returns].flatMap((expected, t) =>
      record.trainMask[t] ? [{ expected, value: values[i]?.[t] ?? 0, kl: klAt(i, t) }] : [],
    );
  });
  function klAt(i: number, t: number): number {
    return (drawn[i]?.logProb[t] ?? 0) - (referenceLogProbs?.[i]?.[t] ?? 0);
  }
  const mean = (of: (pair: (typeof pairs)[number]) => number): number =>
    pairs.reduce((sum, pair) => sum + of(pair), 0) / Math.max(1, pairs.length);
  const centre = mean(({ expected }) => expected);
  const variance = mean(({ expected }) => (expected - centre) ** 2);
  const error = mean(({ expected, value }) => (expected - value) ** 2);
  return {
    value_mean: mean(({ value }) => value),
    return_mean: centre,
    // Without spread there is nothing to explain.
    explained_variance: variance > 0 ? 1 - error / variance : 0,
    ...(referenceLogProbs ? { reference_kl: mean(({ kl }) => kl) } : {}),
  };
}
