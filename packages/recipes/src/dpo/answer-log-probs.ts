/** Score: the summed log-probability of either answer of a pair. */
import { firstTrained, type TokenRecord, type Trainer } from '@preheat/nn';
import type { Pair } from './preference-pairs.js';

/** In the order of `pairs`, in nats. */
export async function answerLogProbs(
  trainer: Trainer,
  pairs: readonly Pair[],
): Promise<{ chosen: number; rejected: number }[]> {
  const records = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const logProbs = await trainer.logProbs(
    records.map(({ tokens }) => tokens),
    1,
    { firsts: records.map(firstTrained) },
  );
  const sums = records.map((record, i) => trainedSum(record, logProbs[i] ?? new Float32Array()));
  return pairs.map((_, p) => ({ chosen: sums[2 * p] ?? 0, rejected: sums[2 * p + 1] ?? 0 }));
}

const trainedSum = ({ trainMask }: TokenRecord, logProbs: Float32Array): number =>
  logProbs.reduce((sum, logProb, t) => (trainMask[t] ? sum + logProb : sum), 0);
