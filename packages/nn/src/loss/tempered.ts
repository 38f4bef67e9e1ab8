/** Logits as they were sampled from: divided by a temperature, which is one for all tokens or one for each. */
import { ops, type Value } from '@preheat/graph';

/** Shapes: logits [N, V]. @param temperature One number, or the inverse of each token's own, [N]. */
export function tempered(logits_NV: Value, temperature: number | { readonly inverse_N: Value }): Value {
  if (temperature === 1) return logits_NV;
  if (typeof temperature === 'number') return ops.mul(logits_NV, 1 / temperature);
  const { inverse_N } = temperature;
  return ops.mul(logits_NV, ops.reshape(inverse_N, [...inverse_N.shape, 1]));
}
