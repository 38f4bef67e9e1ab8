/** What the loss makes of a batch of scored pairs: its mean, a weight for every answer, and how well the pairs are told apart. */
import {
  type PairLoss,
  preferenceLoss,
  type PreferenceSpec,
  type TokenRecord,
  trainedTokens,
  type WeightedTokens,
} from '@preheat/nn';
import type { Pair } from './preference-pairs.js';

export interface Scores {
  readonly chosen: number;
  readonly rejected: number;
}

export function comparePairs(
  pairs: readonly Pair[],
  policy: readonly Scores[],
  reference: readonly Scores[] | null,
  spec: PreferenceSpec,
): PairLoss[] {
  return pairs.map((pair, p) => {
    const answer = (side: keyof Pair) => ({
      logProb: policy[p]?.[side] ?? Number.NaN,
      tokens: trainedTokens(pair[side]),
      referenceLogProb: reference ? (reference[p]?.[side] ?? Number.NaN) : null,
    });
    return preferenceLoss(answer('chosen'), answer('rejected'), spec);
  });
}

/** Rows whose weighted cross-entropy, divided by the number of pairs, has the gradient of the mean loss. */
export function weightedAnswers(pairs: readonly Pair[], losses: readonly PairLoss[]): WeightedTokens[] {
  const row = ({ tokens, trainMask }: TokenRecord, slope: number): WeightedTokens => ({
    tokens,
    crossEntropy: Float32Array.from(trainMask, (trained) => (trained ? -slope : 0)),
  });
  return pairs.flatMap(({ chosen, rejected }, p) => [
    row(chosen, losses[p]?.chosenSlope ?? 0),
    row(rejected, losses[p]?.rejectedSlope ?? 0),
  ]);
}

/** Means over the pairs: the loss, both rewards, and the share in which the preferred answer has the higher one. */
export function pairMetrics(losses: readonly PairLoss[], prefix: string) {
  const mean = (value: (loss: PairLoss) => number): number =>
    losses.reduce((sum, loss) => sum + value(loss), 0) / Math.max(1, losses.length);
  return {
    [`${prefix}_loss`]: mean(({ loss }) => loss),
    [`${prefix}_chosen_reward`]: mean(({ chosenReward }) => chosenReward),
    [`${prefix}_rejected_reward`]: mean(({ rejectedReward }) => rejectedReward),
    [`${prefix}_reward_margin`]: mean(({ chosenReward, rejectedReward }) => chosenReward - rejectedReward),
    [`${prefix}_reward_accuracy`]: mean(({ chosenReward, rejectedReward }) => (chosenReward > rejectedReward ? 1 : 0)),
  };
}
