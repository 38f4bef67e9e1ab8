// Convolution and its adjoint as one walk over the pairs (window, element) that meet, in float64.

import { lengthOf, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import type { ConvolutionAttributes } from '../value.js';
import type { ReferenceTensor } from './reference-tensor.js';

/** Row-major index of a position in a shape of rank four. */
function indexOf([, b = 1, c = 1, d = 1]: Shape, i: number, j: number, k: number, l: number): number {
  return ((i * b + j) * c + k) * d + l;
}

/** Calls back with the indices of every element of x, filter and y that belong together. */
function walk(
  x: Shape,
  filter: Shape,
  y: Shape,
  { strides, padding, groups }: ConvolutionAttributes,
  visit: (x: number, filter: number, y: number) => void,
): void {
  const [outputs, inputs] = [lengthOf(filter, 0), lengthOf(filter, 1)];
  for (let index = 0; index < sizeOf(y); index++) {
    const [right, down] = [index % lengthOf(y, 3), Math.floor(index / lengthOf(y, 3)) % lengthOf(y, 2)];
    const output = Math.floor(index / (lengthOf(y, 3) * lengthOf(y, 2))) % outputs;
    const sample = Math.floor(index / (lengthOf(y, 3) * lengthOf(y, 2) * outputs));
    const firstChannel = Math.floor((output * groups) / outputs) * inputs;
    for (let place = 0; place < sizeOf(filter) / outputs; place++) {
      const column = place % lengthOf(filter, 3);
      const row = Math.floor(place / lengthOf(filter, 3)) % lengthOf(filter, 2);
      const channel = Math.floor(place / (lengthOf(filter, 3) * lengthOf(filter, 2)));
      const [k, l] = [down * strides[0] + row - padding[0][0], right * strides[1] + column - padding[1][0]];
      if (k < 0 || l < 0 || k >= lengthOf(x, 2) || l >= lengthOf(x, 3)) continue;
      visit(indexOf(x, sample, firstChannel + channel, k, l), indexOf(filter, output, channel, row, column), index);
    }
  }
}

export function convolution(
  x: ReferenceTensor,
  filter: ReferenceTensor,
  shape: Shape,
  attributes: ConvolutionAttributes,
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  walk(x.shape, filter.shape, shape, attributes, (from, weight, to) => {
    result[to] = (result[to] ?? 0) + (x.data[from] ?? Number.NaN) * (filter.data[weight] ?? Number.NaN);
  });
  return result;
}

/** Sends every element of `y` back to the elements of `shape` that its window covers. */
export function convolutionAdjoint(
  y: ReferenceTensor,
  filter: ReferenceTensor,
  shape: Shape,
  attributes: ConvolutionAttributes,
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  walk(shape, filter.shape, y.shape, attributes, (to, weight, from) => {
    result[to] = (result[to] ?? 0) + (y.data[from] ?? Number.NaN) * (filter.data[weight] ?? Number.NaN);
  });
  return result;
}
