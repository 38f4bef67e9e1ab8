// What hides scores from attention: by position (triangles and windows), and by masks that the caller gives.

import { add, and, cast, lessEqual, mul, not } from '../ops/arithmetic.js';
import { ShapeError } from '../shape.js';
import type { Value, ValueFactory } from '../value.js';

/** Added to a score to hide it: large enough that its probability underflows to zero, small enough to stay finite. */
export const hiddenScore: number = -1e9;

/**
 * [length, length]: 0 where row t may see column s, `t - window < s ≤ t`, else `hiddenScore`. Made of two rows of
 * numbers, so that long ones are computed rather than carried in the model.
 */
export function positionMask(graph: ValueFactory, length: number, window = length): Value {
  const positions = (shape: readonly number[]) =>
    graph.emit('constant', [], { data: Int32Array.from({ length }, (_, t) => t) }, 'i32', shape);
  const [row, column] = [positions([length, 1]), positions([1, length])];
  const isPast = lessEqual(column, row);
  return additiveMask(window >= length ? isPast : and(isPast, lessEqual(row, add(column, window - 1))));
}

/** A mask to be added: of `bool`, 0 where true and `hiddenScore` where false; f32 as it is. */
export function additiveMask(mask: Value): Value {
  if (mask.dtype === 'f32') return mask;
  if (mask.dtype === 'i32') throw new ShapeError('attention: a mask is bool or f32, got i32; compare it with a number');
  return mul(cast(not(mask), 'f32'), hiddenScore);
}
