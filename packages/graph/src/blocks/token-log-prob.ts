// Log-probabilities of chosen tokens: the core of cross-entropy and of every policy loss.

import { exp, mul, neg } from '../ops/arithmetic.js';
import { customGradient } from '../ops/differentiation.js';
import { addAlong, takeAlong } from '../ops/indexing.js';
import { logSoftmax } from '../ops/reduction.js';
import { reshape } from '../ops/movement.js';
import type { Value } from '../value.js';

/**
 * `log softmax(logits)` at the given ids: logits […, V], ids […] → […]. Cross-entropy is its negative.
 * The gradient, `dy · (oneHot(id) - softmax)`, is written without forming the one-hot rows.
 */
export function tokenLogProb(logits: Value, ids: Value): Value {
  const logProbs = logSoftmax(logits);
  return customGradient('tokenLogProb', [logits, ids], takeAlong(logProbs, ids), (dy) => {
    const others = mul(exp(logProbs), neg(reshape(dy, [...dy.shape, 1])));
    return [addAlong(others, ids, dy), undefined];
  });
}
