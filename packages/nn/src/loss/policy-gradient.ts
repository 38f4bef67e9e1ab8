/**
 * The clipped policy-gradient component (Schulman et al. 2017, PPO, eq. 7) with asymmetric bounds, an optional second
 * bound, a penalty that keeps the policy near a reference and a bonus for its entropy. How tokens are averaged is in their
 * weights. Measures what it needs to be trusted: how much
 * was clipped, how far the policy moved, its entropy, and how well trainer and sampler agree.
 */
import { invariant } from '@preheat/contracts';
import { blocks, ops, type Value } from '@preheat/graph';
import type { LossTerm } from './cross-entropy.js';
import { PER_TOKEN, type PolicyGradientSpec } from './loss-spec.js';
import { tempered } from './tempered.js';

/** All [N]: one entry per predicted token. */
export interface PolicyGradientInputs {
  /** How much each token counts, divided by the batch's denominator; 0 where it does not. */
  readonly weights_N: Value;
  readonly advantages_N: Value;
  readonly oldLogProbs_N: Value;
  /** Present exactly when `klBeta` is not zero. */
  readonly referenceLogProbs_N?: Value;
  /** 1 / temperature; present exactly when that is `per token`. */
  readonly inverseTemperatures_N?: Value;
}

/** Bounds a difference of log-probabilities, so that a ratio stays finite whatever the policies do. */
const MAX_LOG_RATIO = 20;

export interface PolicyTerm extends LossTerm {
  /** Largest |log π(token) − sampled log-probability| over the counted tokens. */
  readonly logProbMismatch: Value;
}

/** Shapes: logits [N, V] (before the temperature), targets i32 [N]. */
export function policyGradient(
  logits_NV: Value,
  targets_N: Value,
  inputs: PolicyGradientInputs,
  spec: PolicyGradientSpec,
): PolicyTerm {
  const { weights_N, advantages_N, oldLogProbs_N, referenceLogProbs_N } = inputs;
  const scaled_NV = tempered(logits_NV, temperatureOf(inputs, spec));
  const logProbs_N = blocks.tokenLogProb(scaled_NV, targets_N);
  const counted_N = ops.sign(weights_N);
  const change_N = ops.sub(logProbs_N, oldLogProbs_N);
  const logRatio_N = ops.clip(change_N, -MAX_LOG_RATIO, MAX_LOG_RATIO);
  const ratio_N = ops.exp(logRatio_N);
  const clipped_N = ops.clip(ratio_N, 1 - spec.clipLow, 1 + spec.clipHigh);
  // Where both are equal the gradient goes to the first: inside the bounds the ratio itself.
  const objective_N = ops.minimum(ops.mul(bounded(ratio_N, spec), advantages_N), ops.mul(clipped_N, advantages_N));
  const surrogate = ops.neg(ops.sum(ops.mul(objective_N, weights_N)));
  const entropy_N = entropy(scaled_NV);
  const penalty_N = referenceLogProbs_N && k3(ops.sub(referenceLogProbs_N, logProbs_N));
  const count = (x_N: Value): Value => ops.sum(ops.mul(x_N, counted_N));
  const weighed = (x_N: Value, factor: number): Value => ops.mul(ops.sum(ops.mul(x_N, weights_N)), factor);
  const held = penalty_N ? ops.add(surrogate, weighed(penalty_N, spec.klBeta)) : surrogate;
  return {
    loss: spec.entropyBonus > 0 ? ops.sub(held, weighed(entropy_N, spec.entropyBonus)) : held,
    sums: {
      clipped: count(isClipped(ratio_N, advantages_N, spec)),
      kl: count(k3(change_N)),
      entropy: count(entropy_N),
      ...(penalty_N ? { referenceKl: count(penalty_N) } : {}),
    },
    logProbMismatch: ops.max(ops.mul(ops.abs(change_N), counted_N)),
  };
}

function temperatureOf({ inverseTemperatures_N }: PolicyGradientInputs, { temperature }: PolicyGradientSpec) {
  if (temperature !== PER_TOKEN) return temperature;
  invariant(inverseTemperatures_N, 'a loss with a temperature per token is given them');
  return { inverse_N: inverseTemperatures_N };
}

/**
 * Schulman's k3 estimate of a KL divergence, exp(d) − d − 1 with d = log p(x) − log q(x) and x drawn from q: unbiased for
 * KL(q‖p), never negative (joschu.net/blog/kl-approx.html).
 */
function k3(difference_N: Value): Value {
  const d_N = ops.clip(difference_N, -MAX_LOG_RATIO, MAX_LOG_RATIO);
  return ops.sub(ops.sub(ops.exp(d_N), d_N), 1);
}

/**
 * The ratio under the second bound. It lies above 1 + clipHigh, so that with a positive advantage the other branch of the
 * minimum is the smaller one anyway: only negative advantages feel it.
 */
const bounded = (ratio_N: Value, { dualClip }: PolicyGradientSpec): Value =>
  dualClip > 0 ? ops.minimum(ratio_N, dualClip) : ratio_N;

/** 1 where a bound is active, that is where the token's gradient is cut. */
function isClipped(ratio_N: Value, advantages_N: Value, { clipLow, clipHigh, dualClip }: PolicyGradientSpec): Value {
  const isPraised_N = ops.greater(advantages_N, 0);
  const isBlamed_N = ops.less(advantages_N, 0);
  const above_N = ops.and(ops.greater(ratio_N, 1 + clipHigh), isPraised_N);
  const below_N = ops.and(ops.less(ratio_N, 1 - clipLow), isBlamed_N);
  const clipped_N = ops.or(above_N, below_N);
  if (dualClip === 0) return ops.cast(clipped_N, 'f32');
  return ops.cast(ops.or(clipped_N, ops.and(ops.greater(ratio_N, dualClip), isBlamed_N)), 'f32');
}

function entropy(logits_NV: Value): Value {
  const logProbs_NV = ops.logSoftmax(logits_NV);
  return ops.neg(ops.sum(ops.mul(ops.exp(logProbs_NV), logProbs_NV), { axes: [-1] }));
}
