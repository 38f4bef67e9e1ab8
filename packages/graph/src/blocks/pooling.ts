// Pooling over windows of height and width. The maximum is taken pair by pair, so that its gradient goes to one place,
// the first in reading order as in torch, where an equality mask would send it to every tie.

import { maximum } from '../ops/arithmetic.js';
import { conv, padPlane } from '../ops/convolution.js';
import type { ConvolutionOptions } from '../ops/convolution.js';
import { broadcastTo, concat, slice } from '../ops/movement.js';
import { formatShape, lengthOf, ShapeError } from '../shape.js';
import type { Value } from '../value.js';

export interface PoolingOptions {
  /** Window of height and width. */
  readonly size: number | readonly [number, number];
  /** Default: the size, so that windows do not overlap. */
  readonly strides?: number | readonly [number, number];
  /** On each side of height and width. Default 0. */
  readonly padding?: number;
}

const pair = (x: number | readonly [number, number]): readonly [number, number] => (typeof x === 'number' ? [x, x] : x);

/** The largest of each window; padding never is. Shapes: [N, C, H, W] → [N, C, H', W']. Throws ShapeError. */
export function maxPool(x: Value, options: PoolingOptions): Value {
  const [size, strides] = [pair(options.size), pair(options.strides ?? options.size)];
  const padding = options.padding ?? 0;
  checkWindow('maxPool', x, size, padding);
  // Columns first, then rows: of equal maxima the first row wins, and in it the first column.
  const byColumn = maxAlong(surround(x, -1, padding), -1, size[1], strides[1]);
  return maxAlong(surround(byColumn, -2, padding), -2, size[0], strides[0]);
}

/** The mean of each window, padding counting as zeros (torch's default). Shapes as `maxPool`. */
export function avgPool(x: Value, options: PoolingOptions): Value {
  const size = pair(options.size);
  const padding = options.padding ?? 0;
  checkWindow('avgPool', x, size, padding);
  const channels = lengthOf(x.shape, 1);
  const count = size[0] * size[1];
  const filter = x.graph.emit('constant', [], { data: new Float32Array(channels * count).fill(1 / count) }, 'f32', [
    channels,
    1,
    ...size,
  ]);
  const convolution: ConvolutionOptions = { strides: pair(options.strides ?? options.size), groups: channels };
  const around = [padding, padding] as const;
  return conv(padPlane(x, [around, around]), filter, convolution);
}

function checkWindow(name: string, x: Value, size: readonly [number, number], padding: number): void {
  const [height = 0, width = 0] = x.shape.slice(2);
  const fits = x.shape.length === 4 && size[0] <= height + 2 * padding && size[1] <= width + 2 * padding;
  // A window of nothing but padding has no maximum.
  if (!fits || padding < 0 || size.some((length) => !Number.isInteger(length) || length < 1 || padding > length / 2)) {
    throw new ShapeError(
      `${name}: expected x N×C×H×W no smaller than the window ${formatShape(size)}, padded by at most half of it, ` +
        `got ${formatShape(x.shape)} padded by ${padding}`,
    );
  }
}

function surround(x: Value, axis: -2 | -1, padding: number): Value {
  if (padding === 0) return x;
  const edge = broadcastTo(x.graph.scalar(-Infinity), x.shape.with(axis, padding));
  return concat([edge, x, edge], axis);
}

/** The largest of `window` neighbours along one axis, every `stride` elements. */
function maxAlong(x: Value, axis: -2 | -1, window: number, stride: number): Value {
  const reach = Math.floor((lengthOf(x.shape, x.shape.length + axis) - window) / stride) * stride + 1;
  const places = Array.from({ length: window }, (_, place) => slice(x, axis, place, place + reach, stride));
  return places.reduce((largest, place) => maximum(largest, place));
}
