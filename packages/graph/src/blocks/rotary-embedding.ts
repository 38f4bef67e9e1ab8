// Rotary position embedding (Su et al. 2021) in the half-split convention of Hugging Face's Llama.

import { rotary } from '../ops/differentiation.js';
import { concat, slice } from '../ops/movement.js';
import { lengthOf } from '../shape.js';
import type { Value } from '../value.js';

/** Cosine and sine of the angle of each position and pair, [T, R/2]: constants, or fed at every run. */
export interface RotaryTables {
  readonly cos: Value;
  readonly sin: Value;
}

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

/**
 * Rotates x […, T, D] by position. With θ, element t of the axis before the last is position t; with tables, they say.
 * Tables for R < D rotate the first R of the last axis and leave the others (partial rotary, as in GPT-NeoX and Phi).
 */
export function rotaryEmbedding(x: Value, angles: number | RotaryTables): Value {
  const [length, width] = [lengthOf(x.shape, x.shape.length - 2), lengthOf(x.shape, x.shape.length - 1)];
  const { cos, sin } = typeof angles === 'number' ? constantTables(x, length, width, angles) : angles;
  const rotated = 2 * lengthOf(cos.shape, cos.shape.length - 1);
  if (rotated >= width) return rotary(x, cos, sin);
  return concat([rotary(slice(x, -1, 0, rotated), cos, sin), slice(x, -1, rotated, width)], -1);
}

function constantTables(x: Value, length: number, width: number, theta: number): RotaryTables {
  const { cos, sin } = rotaryTables(length, width, theta);
  const constant = (data: Float32Array) => x.graph.emit('constant', [], { data }, 'f32', [length, width / 2]);
  return { cos: constant(cos), sin: constant(sin) };
}
