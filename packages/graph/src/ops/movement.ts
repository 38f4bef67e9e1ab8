// Operations that move elements without computing: reshape, transpose, broadcast, concat, slice, split, pad.
// `broadcast` is lazy: it floats outwards through whatever follows, so repeated elements are rarely ever written.

import {
  alignRank,
  broadcastShapes,
  checkShape,
  formatShape,
  lengthOf,
  resolveAxis,
  sameShape,
  ShapeError,
  sizeOf,
} from '../shape.js';
import type { Shape } from '../shape.js';
import { isA, operand } from '../value.js';
import type { Value } from '../value.js';

/** The value before broadcasting: what physically exists. */
export function physical(value: Value): Value {
  return isA(value, 'broadcast') ? operand(value, 0) : value;
}

/** Repeats `x` to `shape`. Throws ShapeError unless `x` broadcasts to exactly that shape. */
export function broadcastTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  checkShape(shape, 'broadcastTo');
  if (!sameShape(broadcastShapes([x.shape, shape], 'broadcastTo'), shape)) {
    throw new ShapeError(`broadcastTo: ${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}`);
  }
  return x.graph.emit('broadcast', [physical(x)], {}, x.dtype, shape);
}

/** Whether the shapes differ only by axes of length one. */
function sameUpToOnes(a: Shape, b: Shape): boolean {
  const long = (shape: Shape) => shape.filter((length) => length !== 1);
  return sameShape(long(a), long(b));
}

/** Where `to` has a long axis, the length that the same axis of `from` physically has in `source`. */
function physicalShape(source: Shape, from: Shape, to: Shape): Shape {
  const lengths = alignRank(source, from.length).filter((_, axis) => from[axis] !== 1);
  let next = 0;
  return to.map((length) => (length === 1 ? 1 : lengthOf(lengths, next++)));
}

/** The same elements in the same order. One length may be -1: it is inferred. Throws ShapeError on a size mismatch. */
export function reshape(x: Value, lengths: Shape): Value {
  const shape = inferShape(x.shape, lengths);
  if (sameShape(x.shape, shape)) return x;
  if (isA(x, 'broadcast')) {
    const source = physical(x);
    if (sizeOf(source.shape) === 1) return broadcastTo(reshape(source, []), shape);
    if (sameUpToOnes(x.shape, shape)) {
      return broadcastTo(reshape(source, physicalShape(source.shape, x.shape, shape)), shape);
    }
  }
  if (isA(x, 'constant')) return x.graph.emit('constant', [], x.attributes, x.dtype, shape);
  if (isA(x, 'reshape')) return reshape(operand(x, 0), shape);
  return x.graph.emit('reshape', [x], {}, x.dtype, shape);
}

function inferShape(from: Shape, lengths: Shape): Shape {
  const known = sizeOf(lengths.filter((length) => length !== -1));
  const shape = lengths.map((length) => (length === -1 ? sizeOf(from) / known : length));
  if (lengths.filter((length) => length === -1).length > 1 || !shape.every(Number.isInteger)) {
    throw new ShapeError(`reshape: cannot infer [${lengths.join(', ')}] from shape ${formatShape(from)}`);
  }
  checkShape(shape, 'reshape');
  if (sizeOf(shape) !== sizeOf(from)) {
    throw new ShapeError(
      `reshape: ${formatShape(from)} (${sizeOf(from)} elements) to ${formatShape(shape)} (${sizeOf(shape)} elements)`,
    );
  }
  return shape;
}

/** Reorders axes: axis `i` of the result is axis `permutation[i]` of `x`. Throws ShapeError unless it is a permutation. */
export function transpose(x: Value, permutation: readonly number[]): Value {
  if (permutation.length !== x.shape.length || permutation.some((_, axis) => !permutation.includes(axis))) {
    throw new ShapeError(`transpose: [${permutation.join(', ')}] does not permute the axes of ${formatShape(x.shape)}`);
  }
  const shape = permutation.map((axis) => lengthOf(x.shape, axis));
  // Only axes of length one move: the elements stay where they are.
  const long = permutation.filter((axis) => x.shape[axis] !== 1);
  if (long.every((axis, i) => i === 0 || lengthOf(long, i - 1) < axis)) return reshape(x, shape);
  if (isA(x, 'broadcast')) {
    const source = physical(x);
    return broadcastTo(transpose(reshape(source, alignRank(source.shape, x.shape.length)), permutation), shape);
  }
  if (isA(x, 'transpose')) {
    const inner = x.attributes.permutation;
    return transpose(
      operand(x, 0),
      permutation.map((axis) => lengthOf(inner, axis)),
    );
  }
  return x.graph.emit('transpose', [x], { permutation }, x.dtype, shape);
}

/** Joins along `axis`; all other lengths must agree. Throws ShapeError otherwise. */
export function concat(parts: readonly Value[], axis: number): Value {
  const [first] = parts;
  if (!first) throw new ShapeError('concat: nothing to join');
  if (parts.length === 1) return first;
  const along = resolveAxis(first.shape, axis, 'concat');
  for (const part of parts) {
    const matches = sameShape(part.shape.with(along, 1), first.shape.with(along, 1));
    if (!matches || part.dtype !== first.dtype) {
      throw new ShapeError(
        `concat: ${part.dtype} ${formatShape(part.shape)} does not join ${first.dtype} ${formatShape(first.shape)} along axis ${along}`,
      );
    }
  }
  const flat = parts.flatMap((part) => (isA(part, 'concat') && part.attributes.axis === along ? part.inputs : [part]));
  const length = parts.reduce((sum, part) => sum + lengthOf(part.shape, along), 0);
  return first.graph.emit('concat', flat, { axis: along }, first.dtype, first.shape.with(along, length));
}

/** Elements `start`, `start + step`, … below `end` of one axis. Throws ShapeError when the range is empty or outside. */
export function slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
  const along = resolveAxis(x.shape, axis, 'slice');
  const length = lengthOf(x.shape, along);
  if (![start, end, step].every(Number.isInteger) || start < 0 || end > length || start >= end || step < 1) {
    const range = `[${start}, ${end})${step === 1 ? '' : ` by ${step}`}`;
    throw new ShapeError(`slice: ${range} is not a range of axis ${along} of ${formatShape(x.shape)}`);
  }
  const count = Math.ceil((end - start) / step);
  if (count === length) return x;
  const shape = x.shape.with(along, count);
  if (isA(x, 'broadcast') && alignRank(physical(x).shape, x.shape.length)[along] === 1) {
    return broadcastTo(physical(x), shape);
  }
  if (isA(x, 'slice') && x.attributes.axis === along && x.attributes.step === 1) {
    const offset = x.attributes.start;
    return slice(operand(x, 0), along, offset + start, offset + end, step);
  }
  return x.graph.emit('slice', [x], { axis: along, start, step: count === 1 ? 1 : step }, x.dtype, shape);
}

/** Consecutive slices of the given lengths, which must add up to the length of `axis`. */
export function split<const T extends readonly number[]>(
  x: Value,
  lengths: T,
  axis: number,
): { -readonly [K in keyof T]: Value } {
  const along = resolveAxis(x.shape, axis, 'split');
  if (sizeOf([lengthOf(x.shape, along)]) !== lengths.reduce((sum, length) => sum + length, 0)) {
    throw new ShapeError(`split: [${lengths.join(', ')}] does not add up to axis ${along} of ${formatShape(x.shape)}`);
  }
  let start = 0;
  const parts = lengths.map((length) => slice(x, along, start, (start += length)));
  return parts as { -readonly [K in keyof T]: Value };
}

/** Zeros before and after, along one axis. Throws ShapeError for a negative or fractional count. */
export function pad(x: Value, axis: number, before: number, after: number): Value {
  const along = resolveAxis(x.shape, axis, 'pad');
  if (![before, after].every((count) => Number.isInteger(count) && count >= 0)) {
    throw new ShapeError(`pad: ${before} before and ${after} after are not counts`);
  }
  if (before + after === 0) return x;
  if (isA(x, 'pad') && x.attributes.axis === along) {
    return pad(operand(x, 0), along, before + x.attributes.before, after + x.attributes.after);
  }
  const shape = x.shape.with(along, before + lengthOf(x.shape, along) + after);
  return x.graph.emit('pad', [x], { axis: along, before, after }, x.dtype, shape);
}

/** Zeros between the elements of one axis, `step - 1` of them: the adjoint of taking every `step`-th element. */
export function dilate(x: Value, axis: number, step: number): Value {
  const along = resolveAxis(x.shape, axis, 'dilate');
  if (step === 1) return x;
  const apart = pad(reshape(x, x.shape.toSpliced(along + 1, 0, 1)), along + 1, 0, step - 1);
  const length = lengthOf(x.shape, along);
  return slice(reshape(apart, x.shape.with(along, length * step)), along, 0, (length - 1) * step + 1);
}

/**
 * The sum of two padded values that do not overlap, as one padded concatenation: what the gradients of a split add up
 * to. `undefined` when they are not of that form.
 */
export function joinPads(a: Value, b: Value): Value | undefined {
  if (!isA(a, 'pad') || !isA(b, 'pad') || !sameShape(a.shape, b.shape)) return undefined;
  if (a.attributes.axis !== b.attributes.axis) return undefined;
  if (a.attributes.before > b.attributes.before) return joinPads(b, a);
  const { axis, before } = a.attributes;
  const first = operand(a, 0);
  const gap = b.attributes.before - before - lengthOf(first.shape, axis);
  if (gap !== 0) return undefined;
  return pad(concat([first, operand(b, 0)], axis), axis, before, b.attributes.after);
}
