// What hides scores from attention: by position (triangles and windows), and by masks that the caller gives.

import type { CausalBlock } from '@preheat/contracts';
import { add, and, cast, lessEqual, mul, not } from '../ops/arithmetic.js';
import { ShapeError } from '../shape.js';
import type { Value, ValueFactory } from '../value.js';

/** Added to a score to hide it: large enough that its probability underflows to zero, small enough to stay finite. */
export const hiddenScore: number = -1e9;

/**
 * [queries, keys]: 0 where position t may see position s, `t - window < s ≤ t`, else `hiddenScore`. Made of two rows of
 * numbers, so that long ones are computed rather than carried in the model; counted from the first query, so that blocks
 * that look back as far share one.
 */
export function positionMask(graph: ValueFactory, { queries, keys }: CausalBlock, window: number): Value {
  const positions = ([from, to]: readonly [number, number], axis: 0 | 1) => {
    const length = to - from;
    const data = Int32Array.from({ length }, (_, index) => from - queries[0] + index);
    return graph.emit('constant', [], { data }, 'i32', axis === 0 ? [length, 1] : [1, length]);
  };
  const [row, column] = [positions(queries, 0), positions(keys, 1)];
  const isPast = lessEqual(column, row);
  const reaches = queries[1] - keys[0] > window;
  return additiveMask(reaches ? and(isPast, lessEqual(row, add(column, window - 1))) : isPast);
}

/** A mask to be added: of `bool`, 0 where true and `hiddenScore` where false; f32 as it is. */
export function additiveMask(mask: Value): Value {
  if (mask.dtype === 'f32') return mask;
  if (mask.dtype === 'i32') throw new ShapeError('attention: a mask is bool or f32, got i32; compare it with a number');
  return mul(cast(not(mask), 'f32'), hiddenScore);
}
