// Two-dimensional convolution in the layout of ONNX and torch (batch, channels, height, width), its adjoint, and the
// gradient of its filter. One-dimensional convolution is the same with a height of one.

import { formatShape, lengthOf, ShapeError } from '../shape.js';
import type { Shape } from '../shape.js';
import type { ConvolutionAttributes, Value } from '../value.js';
import { expectType } from './elementwise.js';
import { matmul } from './matmul.js';
import { concat, pad, reshape, slice, transpose } from './movement.js';

export interface ConvolutionOptions {
  /** Steps between windows: one number, or [height, width]. Default 1. */
  readonly strides?: number | readonly [number, number];
  /** Zeros around: one number, or [before, after] for height and width. Default 0. */
  readonly padding?: number | ConvolutionAttributes['padding'];
  /** Groups of channels that are convolved apart; as many as channels is a depthwise convolution. Default 1. */
  readonly groups?: number;
}

function resolveOptions({ strides = 1, padding = 0, groups = 1 }: ConvolutionOptions): ConvolutionAttributes {
  const around = [padding, padding] as const;
  return {
    strides: typeof strides === 'number' ? [strides, strides] : strides,
    padding: typeof padding === 'number' ? ([around, around] as ConvolutionAttributes['padding']) : padding,
    groups,
  };
}

/** Height and width of the result. Throws ShapeError when the shapes, strides, padding or groups do not fit. */
function windowCounts(x: Shape, filter: Shape, { strides, padding, groups }: ConvolutionAttributes): [number, number] {
  const [, channels = 0, height = 0, width = 0] = x;
  const [outputs = 0, inputs = 0, filterHeight = 0, filterWidth = 0] = filter;
  const fits =
    x.length === 4 &&
    filter.length === 4 &&
    inputs * groups === channels &&
    outputs % groups === 0 &&
    [...strides, groups].every((count) => Number.isInteger(count) && count > 0) &&
    padding.flat().every((count) => Number.isInteger(count) && count >= 0);
  const count = (axis: 0 | 1, length: number, window: number) =>
    Math.floor((length + padding[axis][0] + padding[axis][1] - window) / strides[axis]) + 1;
  const counts: [number, number] = [count(0, height, filterHeight), count(1, width, filterWidth)];
  if (!fits || counts.some((n) => n < 1)) {
    throw new ShapeError(
      'conv: expected x N×C×H×W and filter O×(C/groups)×h×w, no larger than the padded x, with groups dividing O, got ' +
        `${formatShape(x)} and ${formatShape(filter)} with ${groups} groups`,
    );
  }
  return counts;
}

/**
 * Cross-correlation, as in torch: x [N, C, H, W], filter [O, C/groups, h, w] → [N, O, H', W'] with
 * `H' = ⌊(H + padding - h) / stride⌋ + 1`. Throws ShapeError when they do not fit.
 */
export function conv(x: Value, filter: Value, options: ConvolutionOptions = {}): Value {
  for (const value of [x, filter]) expectType('conv', value, 'f32');
  const attributes = resolveOptions(options);
  const counts = windowCounts(x.shape, filter.shape, attributes);
  const shape = [lengthOf(x.shape, 0), lengthOf(filter.shape, 0), ...counts];
  return x.graph.emit('conv', [x, filter], attributes, 'f32', shape);
}

/**
 * The adjoint of `conv` in its first operand, giving `shape`: y [N, O, H', W'], filter [O, C/groups, h, w] →
 * [N, C, H, W]. Throws ShapeError unless a `conv` of that shape gives the shape of `y`.
 */
export function convTranspose(y: Value, filter: Value, shape: Shape, options: ConvolutionOptions = {}): Value {
  for (const value of [y, filter]) expectType('convTranspose', value, 'f32');
  const attributes = resolveOptions(options);
  const expected = [shape[0], filter.shape[0], ...windowCounts(shape, filter.shape, attributes)];
  if (y.shape.join() !== expected.join()) {
    throw new ShapeError(
      `convTranspose: expected ${expected.join('×')} to give ${formatShape(shape)}, got ${formatShape(y.shape)}`,
    );
  }
  return y.graph.emit('convTranspose', [y, filter], attributes, 'f32', shape);
}

/** Zeros around the last two axes. */
export function padPlane(x: Value, padding: ConvolutionAttributes['padding']): Value {
  return pad(pad(x, -2, ...padding[0]), -1, ...padding[1]);
}

/**
 * The elements that each place of a window meets: from [N, C, H, W], already padded, one [N, C, H', W'] for each of the
 * h·w places, row by row.
 */
export function windowPlaces(
  x: Value,
  [height, width]: readonly [number, number],
  strides: ConvolutionAttributes['strides'],
): Value[] {
  const places = (y: Value, axis: -2 | -1, window: number, stride: number) => {
    const reach = Math.floor((lengthOf(y.shape, y.shape.length + axis) - window) / stride) * stride + 1;
    return Array.from({ length: window }, (_, place) => slice(y, axis, place, place + reach, stride));
  };
  return places(x, -2, height, strides[0]).flatMap((rows) => places(rows, -1, width, strides[1]));
}

/**
 * The gradient of the filter: windows laid out as rows (im2col), then one matrix product a group, which measured faster
 * than a convolution of x by dy. Shapes: x [N, C, H, W], dy [N, O, H', W'] → `shape` [O, C/groups, h, w].
 */
export function filterGradient(x: Value, dy: Value, shape: Shape, attributes: ConvolutionAttributes): Value {
  const { groups, strides, padding } = attributes;
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  const positions = lengthOf(dy.shape, 0) * lengthOf(dy.shape, 2) * lengthOf(dy.shape, 3);
  const byChannel = (value: Value) => transpose(value, [1, 0, 2, 3]);
  const rows = (value: Value) => reshape(value, [groups, -1, positions]);
  const places = windowPlaces(byChannel(padPlane(x, padding)), [height, width], strides);
  // [G, h·w·C/G, N·H'·W'] and [G, O/G, N·H'·W'], contracted over positions.
  const windows = concat(places.map(rows), 1);
  const product = matmul(rows(byChannel(dy)), windows, { transposeB: true });
  const placesFirst = reshape(product, [outputs, height * width, inputs]);
  return reshape(transpose(placesFirst, [0, 2, 1]), shape);
}
