// Rotary position embedding (Su et al. 2021) in the half-split convention of Hugging Face's Llama.

import { rotary } from '../ops/differentiation.js';
import { lengthOf } from '../shape.js';
import type { Value } from '../value.js';

/**
 * Cosines and sines of the angle `t · θ^(-2i/D)` for positions 0 … length - 1: two [length, D/2] row-major tables.
 * Angles are computed in double precision.
 */
export function rotaryTables(length: number, width: number, theta: number): { cos: Float32Array; sin: Float32Array } {
  const half = width / 2;
  const angle = (i: number) => Math.floor(i / half) * theta ** ((-2 * (i % half)) / width);
  const table = (f: (x: number) => number) => Float32Array.from({ length: length * half }, (_, i) => f(angle(i)));
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** Rotates x […, T, D] by position: element t of the axis before the last is position t. */
export function rotaryEmbedding(x: Value, theta: number): Value {
  const [length, width] = [lengthOf(x.shape, x.shape.length - 2), lengthOf(x.shape, x.shape.length - 1)];
  const { cos, sin } = rotaryTables(length, width, theta);
  const constant = (data: Float32Array) => x.graph.emit('constant', [], { data }, 'f32', [length, width / 2]);
  return rotary(x, constant(cos), constant(sin));
}
