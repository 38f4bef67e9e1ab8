// Marks that only matter to `gradients`: cutting a gradient, and replacing the derived one by a better form.

import { sameShape, ShapeError } from '../shape.js';
import type { Backward, Value } from '../value.js';

/** The same numbers, through which no gradient flows. */
export function stopGradient(x: Value): Value {
  return x.primitive === 'stopGradient' ? x : x.graph.emit('stopGradient', [x], {}, x.dtype, x.shape);
}

/**
 * `result`, declared to depend on `inputs` with the given backward function instead of through its own nodes.
 * `backward` must be written in ordinary operations (so that it can be differentiated again) and be determined by
 * `name`, `result` and `inputs`: blocks that agree on those are one node.
 */
export function customGradient(name: string, inputs: readonly Value[], result: Value, backward: Backward): Value {
  return result.graph.emit('customGradient', [result, ...inputs], { name, backward }, result.dtype, result.shape);
}

/**
 * Rotates the pairs (i, i + D/2) of the last axis by the angle whose cosine and sine are given: rotary position
 * embedding in the half-split convention of Hugging Face's Llama (`rotate_half`).
 *
 * Shapes: x […, T, D], cos and sin [T, D/2]. Throws ShapeError otherwise. `inverse` rotates back.
 */
export function rotary(x: Value, cos: Value, sin: Value, options: { readonly inverse?: boolean } = {}): Value {
  const [positions, width] = x.shape.slice(-2);
  const table = [positions ?? 0, (width ?? 0) / 2];
  if (x.dtype !== 'f32' || !sameShape(cos.shape, table) || !sameShape(sin.shape, table)) {
    throw new ShapeError(
      `rotary: expected x […, T, D] with cos and sin T×(D/2), got [${x.shape.join(', ')}], [${cos.shape.join(', ')}] and [${sin.shape.join(', ')}]`,
    );
  }
  return x.graph.emit('rotary', [x, cos, sin], { inverse: options.inverse ?? false }, 'f32', x.shape);
}
