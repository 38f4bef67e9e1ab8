/**
 * The squared error of a value model, with the clip of PPO's reference implementation: a value may not gain by moving
 * further than a bound from what it was when the batch was collected.
 */
import { ops, type Value } from '@preheat/graph';
import type { LossTerm } from './cross-entropy.js';
import type { ValueSpec } from './loss-spec.js';

/** All [N]: one entry per predicted token. */
export interface ValueInputs {
  /** How much each token counts, divided by the batch's denominator; 0 where it does not. */
  readonly weights_N: Value;
  readonly returns_N: Value;
  /** Values when the batch was collected. */
  readonly oldValues_N: Value;
}

/** coefficient · Σ w·½·max((V − R)², (clip(V, V_old ± clip) − R)²). */
export function valueLoss(values_N: Value, inputs: ValueInputs, { coefficient, clip }: ValueSpec): LossTerm {
  const { weights_N, returns_N, oldValues_N } = inputs;
  const error_N = ops.square(ops.sub(values_N, returns_N));
  const move_N = ops.sub(values_N, oldValues_N);
  const bounded_N = ops.add(oldValues_N, ops.clip(move_N, -clip, clip));
  // Where both are equal the gradient goes to the first: inside the bound the value itself.
  const worse_N = clip > 0 ? ops.maximum(error_N, ops.square(ops.sub(bounded_N, returns_N))) : error_N;
  const counted_N = ops.sign(weights_N);
  const isClipped_N = ops.cast(ops.greater(worse_N, error_N), 'f32');
  return {
    loss: ops.mul(ops.sum(ops.mul(worse_N, weights_N)), coefficient / 2),
    sums: { valueError: ops.sum(ops.mul(error_N, counted_N)), valueClipped: ops.sum(ops.mul(isClipped_N, counted_N)) },
  };
}
