// Softmax cross-entropy by class ids and by whole distributions, and the log-probabilities of chosen tokens that every
// policy loss is made of. No form writes one-hot rows.

import { exp, mul, neg, sub } from '../ops/arithmetic.js';
import type { Operand } from '../ops/elementwise.js';
import { customGradient } from '../ops/differentiation.js';
import { addAlong, takeAlong } from '../ops/indexing.js';
import { reshape } from '../ops/movement.js';
import { logSoftmax, sum } from '../ops/reduction.js';
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

/**
 * `-Σ weight · log softmax(logits)[label]`, a scalar: logits […, V], labels i32 […], weights […] or one number (1/n for
 * a mean). A weight of 0 makes every gradient through its row exactly zero.
 */
export function crossEntropy(logits: Value, labels: Value, weights: Operand): Value {
  return neg(sum(mul(tokenLogProb(logits, labels), weights)));
}

const rows = { axes: [-1], keepDims: true } as const;

/**
 * `-Σ target · log softmax(logits)` for each row: logits and targets […, V] → […]. For soft labels, smoothing and
 * distillation; targets need not add up to one. The gradient is `softmax · Σ target - target`.
 */
export function softCrossEntropy(logits: Value, targets: Value): Value {
  const logProbs = logSoftmax(logits);
  const loss = neg(sum(mul(targets, logProbs), { axes: [-1] }));
  return customGradient('softCrossEntropy', [logits, targets], loss, (dy) => {
    const column = reshape(dy, [...dy.shape, 1]);
    const toLogits = mul(column, sub(mul(exp(logProbs), sum(targets, rows)), targets));
    return [toLogits, neg(mul(column, logProbs))];
  });
}
