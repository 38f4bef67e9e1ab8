/** Completions with their advantages as rows to train on, and what the loss divides by. */
import { aggregateTokens, completionRecord, reinforce, type Trainer, type WeightedTokens } from '@preheat/nn';
import type { Completion } from '../rollout/collect.js';
import type { GrpoConfig } from './keys.js';

/**
 * Every token of the batch counts in the mean, also those of groups that are skipped.
 * @param reference Frozen; null without a KL penalty.
 */
export async function weightedRows(
  reference: Trainer | null,
  config: GrpoConfig,
  completions: readonly Completion[],
  advantages: Float64Array,
): Promise<{ rows: WeightedTokens[]; denominator: number }> {
  const records = completions.map(({ prompt, sample }, i) => {
    const record = completionRecord({ prompt, ...sample }, advantages[i] ?? 0);
    const isLeftOut = config.mask_truncated && sample.finishReason === 'length';
    return isLeftOut ? { ...record, trainMask: new Uint8Array(record.tokens.length) } : record;
  });
  const referenceLogProbs = await reference?.logProbs(
    records.map(({ tokens }) => tokens),
    config.temperature,
    { firsts: completions.map(({ prompt }) => prompt.length) },
  );
  const { loss_aggregation: aggregation, max_completion_tokens: longest } = config;
  const { weights, denominator } = aggregateTokens(records, aggregation, longest);
  return { rows: records.map((record, i) => reinforce(record, referenceLogProbs?.[i], weights[i])), denominator };
}
