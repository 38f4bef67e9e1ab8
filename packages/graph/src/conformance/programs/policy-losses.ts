// The losses of reinforcement learning and preference learning: PPO on an actor-critic, GRPO, DPO.

import { tokenLogProb } from '../../blocks/cross-entropy.js';
import { add, cast, clip, exp, maximum, minimum, mul, neg, softplus, square, sub, tanh } from '../../ops/arithmetic.js';
import { matmul } from '../../ops/matmul.js';
import { reshape } from '../../ops/movement.js';
import { logSoftmax, mean, sum } from '../../ops/reduction.js';
import type { Value } from '../../value.js';
import { ids, namedCase, positive, real, small } from '../conformance-case.js';
import type { ConformanceCase } from '../conformance-case.js';

const clipRange = 0.2;

const asNumbers = (mask: Value) => cast(mask, 'f32');

/** `min(r·A, clip(r)·A)` (Schulman et al. 2017, eq. 7). */
function clippedObjective(logProbs: Value, oldLogProbs: Value, advantages: Value): Value {
  const ratio = exp(sub(logProbs, oldLogProbs));
  return minimum(mul(ratio, advantages), mul(clip(ratio, 1 - clipRange, 1 + clipRange), advantages));
}

/** A shared body, a categorical actor and a critic; clipped policy and value losses, entropy bonus, masked rows. */
export const actorCritic: ConformanceCase = namedCase(
  {
    observations: real(6, 4),
    actions: ids(3, 6),
    kept: ids(2, 6),
    oldLogProbs: real(6),
    advantages: real(6),
    returns: real(6),
    oldValues: real(6),
    first: small(4, 5),
    firstBias: small(5),
    second: small(5, 5),
    actor: small(5, 3),
    critic: small(5, 1),
  },
  (p) => {
    const hidden = tanh(matmul(tanh(add(matmul(p.observations, p.first), p.firstBias)), p.second));
    const logits = matmul(hidden, p.actor);
    const values = reshape(matmul(hidden, p.critic), [6]);
    // Old log-probabilities must be negative: near those of three equal actions.
    const old = sub(mul(p.oldLogProbs, 0.2), Math.log(3));
    const objective = clippedObjective(tokenLogProb(logits, p.actions), old, p.advantages);
    const near = add(p.oldValues, clip(sub(values, p.oldValues), -clipRange, clipRange));
    const valueLoss = maximum(square(sub(values, p.returns)), square(sub(near, p.returns)));
    const logProbs = logSoftmax(logits);
    const entropy = neg(sum(mul(exp(logProbs), logProbs), { axes: [-1] }));
    const loss = sub(sub(mul(valueLoss, 0.5), objective), mul(entropy, 0.01));
    return mean(mul(loss, asNumbers(p.kept)));
  },
);

/** Token-level objective with the k3 estimate of the divergence from a reference (Shao et al. 2024, GRPO, eq. 3, 4). */
export const groupRelative: ConformanceCase = namedCase(
  {
    states: real(3, 4, 5),
    head: small(5, 6),
    tokens: ids(6, 3, 4),
    kept: ids(2, 3, 4),
    advantages: real(3, 1),
    oldOffsets: small(3, 4),
    referenceOffsets: small(3, 4),
  },
  (p) => {
    const logProbs = tokenLogProb(matmul(p.states, p.head), p.tokens);
    const [old, reference] = [sub(p.oldOffsets, 2), sub(p.referenceOffsets, 2)];
    const objective = clippedObjective(logProbs, old, p.advantages);
    const difference = sub(reference, logProbs);
    const divergence = sub(sub(exp(difference), difference), 1);
    return mean(mul(sub(mul(divergence, 0.04), objective), asNumbers(p.kept)));
  },
);

/** `-log sigmoid(β·margin)`, the margin of chosen over rejected relative to a reference (Rafailov et al. 2023, eq. 7). */
export const directPreference: ConformanceCase = namedCase(
  {
    chosenStates: real(3, 4, 5),
    rejectedStates: real(3, 4, 5),
    head: small(5, 6),
    chosen: ids(6, 3, 4),
    rejected: ids(6, 3, 4),
    weights: positive(3, 4),
    referenceMargin: real(3),
  },
  (p) => {
    const logProb = (states: Value, tokens: Value) =>
      sum(mul(tokenLogProb(matmul(states, p.head), tokens), p.weights), { axes: [-1] });
    const margin = sub(logProb(p.chosenStates, p.chosen), logProb(p.rejectedStates, p.rejected));
    return mean(softplus(mul(sub(margin, p.referenceMargin), -0.5)));
  },
);
