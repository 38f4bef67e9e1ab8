/** Weighted masked cross-entropy, and how often the most likely token was the right one. */
import { blocks, ops, type Value } from '@preheat/graph';
import type { SumName } from './loss-spec.js';

export interface LossTerm {
  readonly loss: Value;
  readonly sums: Partial<Record<SumName, Value>>;
}

/**
 * Σ w·(−log softmax(logits)[target]). Shapes: logits [N, V], targets i32 [N], weights [N] (already divided by the
 * batch's denominator; 0 where nothing is trained, which makes every gradient through that token exactly zero).
 */
export function crossEntropy(logits_NV: Value, targets_N: Value, weights_N: Value): LossTerm {
  const logProbs_N = blocks.tokenLogProb(logits_NV, targets_N);
  const hit_N = ops.cast(ops.equal(ops.argMax(logits_NV), targets_N), 'f32');
  const counted_N = ops.sign(ops.abs(weights_N));
  return {
    loss: ops.neg(ops.sum(ops.mul(logProbs_N, weights_N))),
    sums: { correct: ops.sum(ops.mul(hit_N, counted_N)) },
  };
}
