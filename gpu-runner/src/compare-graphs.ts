/** Whether serving computes what was trained: the same rows through both graphs, the same log-probabilities within a bound. */
import type { TensorMap } from '@preheat/checkpoints';
import type { Executor } from '@preheat/executor';
import { DecoderPool } from '@preheat/inference';
import type { LoadedModel } from '@preheat/inference/model-registry';
import { type Start, Trainer } from '@preheat/nn';

/** Largest difference of a token's log-probability between the training graph and the served one, in nats. */
export const PARITY_BOUND = 1e-3;

export interface ParityReport {
  readonly rows: number;
  readonly tokens: number;
  /** In nats. */
  readonly maxLogProbDifference: number;
  readonly bound: number;
}

export async function compareGraphs(
  executor: Executor,
  model: LoadedModel,
  start: Start,
  rows: readonly Int32Array[],
): Promise<ParityReport> {
  const trained = await trainingLogProbs(executor, model, start, rows);
  const served = await servedLogProbs(model.config, model.tensors, rows);
  let maxLogProbDifference = 0;
  served.forEach((logProbs, row) => {
    logProbs.forEach((logProb, i) => {
      const difference = Math.abs(logProb - (trained[row]?.[i + 1] ?? Number.NaN));
      // Written so that NaN counts as a disagreement.
      if (!(difference <= maxLogProbDifference)) maxLogProbDifference = difference;
    });
  });
  const tokens = served.reduce((sum, logProbs) => sum + logProbs.length, 0);
  return { rows: rows.length, tokens, maxLogProbDifference, bound: PARITY_BOUND };
}

async function trainingLogProbs(
  executor: Executor,
  { config }: LoadedModel,
  start: Start,
  rows: readonly Int32Array[],
): Promise<Float32Array[]> {
  const optimizer = { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, maxGradNorm: 1 }; // nothing is updated
  const trainer = await Trainer.open({ executor, config, optimizer }, start);
  try {
    return await trainer.logProbs(rows, 1);
  } finally {
    await trainer.dispose();
  }
}

async function servedLogProbs(
  config: LoadedModel['config'],
  tensors: TensorMap,
  rows: readonly Int32Array[],
): Promise<Float32Array[]> {
  const decoder = await DecoderPool.create(config, tensors);
  try {
    const scored = await decoder.score(rows.map((tokens) => ({ tokens, from: 1 })));
    return scored.map(({ logProbs }) => logProbs);
  } finally {
    await decoder.close();
  }
}
