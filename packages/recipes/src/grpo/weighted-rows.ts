/** Completions with their advantages as rows to train on, and what the loss divides by. */
import { aggregateTokens, completionRecord, reinforce, type Trainer, type WeightedTokens } from '@preheat/nn';
import { policyTemperature, scoringTemperature } from '../rollout/answer-segments.js';
import { type Completion, sampledCompletion } from '../rollout/collect.js';
import type { GroupScores } from './compare-groups.js';
import type { GrpoConfig } from './keys.js';

/**
 * Every token of the batch counts in the mean, also those of groups that are skipped.
 * @param reference Frozen; null without a KL penalty.
 */
export async function weightedRows(
  reference: Trainer | null,
  config: GrpoConfig,
  completions: readonly Completion[],
  { advantages, beginnings }: Pick<GroupScores, 'advantages' | 'beginnings'>,
): Promise<{ rows: WeightedTokens[]; denominator: number }> {
  const records = completions.map((completion, i) => {
    const earned = tokenAdvantages(completion, advantages[i] ?? 0, beginnings?.[i] ?? 0);
    const record = completionRecord(sampledCompletion(completion), earned);
    const { prompt, sample } = completion;
    const isLeftOut = config.mask_truncated && sample.finishReason === 'length';
    return isLeftOut
      ? { ...record, trainMask: record.trainMask.fill(0, prompt.length + beginningOf(completion)) }
      : record;
  });
  const { answer_segments: segments = [] } = config;
  const referenceLogProbs = await reference?.logProbs(
    records.map(({ tokens }) => tokens),
    scoringTemperature(records, policyTemperature(segments, config.temperature)),
    { firsts: completions.map(({ prompt }) => prompt.length) },
  );
  const { loss_aggregation: aggregation, max_completion_tokens: longest } = config;
  // The first fork's record holds the beginning of all: each is a sequence, and no fork's end weighs less for the others' beginning.
  const ends = completions.map((each) => (beginningOf(each) > 0 ? each.prompt.length + beginningOf(each) : 0));
  const { weights, denominator } = aggregateTokens(records, aggregation, longest, ends);
  return { rows: records.map((record, i) => reinforce(record, referenceLogProbs?.[i], weights[i])), denominator };
}

/** Tokens that a completion shares with the other forks of its beginning; none where it was over before they could go on from it. */
const beginningOf = ({ sample: { tokens, sharedTokens = 0 } }: Completion): number =>
  sharedTokens < tokens.length ? sharedTokens : 0;

/** What tokens earned: those of the beginning that forks share as the beginning did, all others as the completion. */
function tokenAdvantages({ sample }: Completion, own: number, beginning: number): number | Float32Array {
  const { tokens, sharedTokens } = sample;
  if (sharedTokens === undefined) return own;
  return new Float32Array(tokens.length).fill(own).fill(beginning, 0, sharedTokens);
}
