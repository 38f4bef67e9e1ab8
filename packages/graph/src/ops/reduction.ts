// Reductions over axes, and the row-wise softmax pair. Axes may count from the end; omitting them reduces everything.

import { alignRank, formatShape, lengthOf, resolveAxis, ShapeError, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { isA } from '../value.js';
import type { Value } from '../value.js';
import { mul, neg } from './arithmetic.js';
import { expectType } from './elementwise.js';
import { broadcastTo, physical, reshape } from './movement.js';

export interface ReductionOptions {
  /** Axes to reduce; all of them by default. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with length one. Default false. */
  readonly keepDims?: boolean;
}

function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis));
}

function reduce(primitive: 'sum' | 'max', x: Value, options: ReductionOptions): Value {
  expectType(primitive, x, 'f32');
  const requested = options.axes ?? x.shape.map((_, axis) => axis);
  const resolved = requested.map((axis) => resolveAxis(x.shape, axis, primitive));
  // Axes of length one have nothing to reduce; dropping them is a reshape.
  const axes = [...new Set(resolved)].filter((axis) => x.shape[axis] !== 1).sort((a, b) => a - b);
  const shape = reducedShape(x.shape, resolved, options.keepDims ?? false);
  if (axes.length === 0) return reshape(x, shape);
  if (isA(x, 'broadcast')) return reshape(reduceBroadcast(primitive, x, axes), shape);
  const onlyRequested = axes.length === resolved.length;
  const keepDims = onlyRequested ? (options.keepDims ?? false) : true;
  const result = x.graph.emit(primitive, [x], { axes, keepDims }, 'f32', reducedShape(x.shape, axes, keepDims));
  return reshape(result, shape);
}

/** Reduces what exists and accounts for the repeats by one multiplication. */
function reduceBroadcast(primitive: 'sum' | 'max', x: Value, axes: readonly number[]): Value {
  const source = physical(x);
  const aligned = reshape(source, alignRank(source.shape, x.shape.length));
  const repeats = axes.filter((axis) => aligned.shape[axis] === 1).map((axis) => lengthOf(x.shape, axis));
  const partial = reduce(primitive, aligned, { axes, keepDims: true });
  const whole = primitive === 'sum' ? mul(partial, sizeOf(repeats)) : partial;
  return broadcastTo(whole, reducedShape(x.shape, axes, true));
}

export const sum = (x: Value, options: ReductionOptions = {}): Value => reduce('sum', x, options);

/** The largest element; equal ones share the gradient evenly. */
export const max = (x: Value, options: ReductionOptions = {}): Value => reduce('max', x, options);

/** The smallest element; equal ones share the gradient evenly. */
export const min = (x: Value, options: ReductionOptions = {}): Value => neg(max(neg(x), options));

export function mean(x: Value, options: ReductionOptions = {}): Value {
  const axes = (options.axes ?? x.shape.map((_, axis) => axis)).map((axis) => resolveAxis(x.shape, axis, 'mean'));
  const count = sizeOf([...new Set(axes)].map((axis) => lengthOf(x.shape, axis)));
  return mul(sum(x, options), 1 / count);
}

/** Running sums along one axis, each including its own element; `reverse` runs from the end. */
export function cumsum(x: Value, axis: number, options: { readonly reverse?: boolean } = {}): Value {
  expectType('cumsum', x, 'f32');
  const along = resolveAxis(x.shape, axis, 'cumsum');
  if (x.shape[along] === 1) return x;
  return x.graph.emit('cumsum', [x], { axis: along, reverse: options.reverse ?? false }, 'f32', x.shape);
}

function checkRows(primitive: 'argMax' | 'softmax' | 'logSoftmax', x: Value): void {
  expectType(primitive, x, 'f32');
  if (x.shape.length === 0) throw new ShapeError(`${primitive}: needs a last axis, got a ${formatShape(x.shape)}`);
}

/** Position (i32) of the first maximum along the last axis, which is dropped. No gradient. */
export function argMax(x: Value): Value {
  checkRows('argMax', x);
  return x.graph.emit('argMax', [x], {}, 'i32', x.shape.slice(0, -1));
}

/** Probabilities along the last axis. */
export function softmax(x: Value): Value {
  checkRows('softmax', x);
  return x.graph.emit('softmax', [x], {}, 'f32', x.shape);
}

/** Logarithms of `softmax`, without its underflow. */
export function logSoftmax(x: Value): Value {
  checkRows('logSoftmax', x);
  return x.graph.emit('logSoftmax', [x], {}, 'f32', x.shape);
}
