/** Soft capping of logits and scores (Bello et al. 2016; Gemma 2). */
import { ops, type Value } from '@preheat/graph';

/** `cap · tanh(x / cap)`. */
export function softcap(x: Value, cap: number): Value {
  return ops.mul(ops.tanh(ops.mul(x, 1 / cap)), cap);
}
