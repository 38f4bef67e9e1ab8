// One float64 kernel for each primitive of the reference interpreter. Written for clarity: an element of the result is a
// function of its coordinates.

import { invariant } from '@preheat/contracts';
import type { ProgramNode, ProgramPrimitive } from '../program.js';
import { lengthOf, sizeOf } from '../shape.js';
import type { Shape } from '../shape.js';
import { convolution, convolutionAdjoint } from './convolution.js';
import type { ReferenceTensor } from './reference-tensor.js';

type Kernel<P extends ProgramPrimitive> = (node: ProgramNode<P>, inputs: readonly ReferenceTensor[]) => Float64Array;

/** Row-major coordinates of element `index`. */
function coordinates(index: number, shape: Shape): number[] {
  const result = new Array<number>(shape.length);
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = lengthOf(shape, axis);
    result[axis] = rest % length;
    rest = Math.floor(rest / length);
  }
  return result;
}

/** The element at the coordinates, where axes of length one repeat and missing leading axes are skipped. */
function at({ shape, data }: ReferenceTensor, position: readonly number[]): number {
  const skipped = position.length - shape.length;
  let index = 0;
  shape.forEach((length, axis) => {
    index = index * length + (length === 1 ? 0 : lengthOf(position, axis + skipped));
  });
  return data[index] ?? Number.NaN;
}

function tabulate(shape: Shape, f: (position: number[]) => number): Float64Array {
  return Float64Array.from({ length: sizeOf(shape) }, (_, index) => f(coordinates(index, shape)));
}

function input(inputs: readonly ReferenceTensor[], index: number): ReferenceTensor {
  const tensor = inputs[index];
  invariant(tensor, `operand ${index} is missing`);
  return tensor;
}

const elementwise =
  (f: (a: number, b: number, c: number) => number) =>
  (node: { readonly shape: Shape }, inputs: readonly ReferenceTensor[]): Float64Array =>
    tabulate(node.shape, (position) => {
      const [a = Number.NaN, b = Number.NaN, c = Number.NaN] = inputs.map((tensor) => at(tensor, position));
      return f(a, b, c);
    });

/** The series `erf(x) = 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!`, whose terms all have one sign. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const elementwiseKernels = {
  neg: elementwise((x) => -x),
  exp: elementwise(Math.exp),
  log: elementwise(Math.log),
  sqrt: elementwise(Math.sqrt),
  reciprocal: elementwise((x) => 1 / x),
  tanh: elementwise(Math.tanh),
  sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x))),
  softplus: elementwise(softplus),
  relu: elementwise((x) => Math.max(x, 0)),
  erf: elementwise(erf),
  abs: elementwise(Math.abs),
  sign: elementwise(Math.sign),
  floor: elementwise(Math.floor),
  sin: elementwise(Math.sin),
  cos: elementwise(Math.cos),
  add: elementwise((a, b) => a + b),
  sub: elementwise((a, b) => a - b),
  mul: elementwise((a, b) => a * b),
  div: elementwise((a, b) => a / b),
  maximum: elementwise((a, b) => Math.max(a, b)),
  minimum: elementwise((a, b) => Math.min(a, b)),
  equal: elementwise((a, b) => Number(a === b)),
  less: elementwise((a, b) => Number(a < b)),
  lessEqual: elementwise((a, b) => Number(a <= b)),
  and: elementwise((a, b) => a * b),
  or: elementwise((a, b) => Math.max(a, b)),
  not: elementwise((a) => 1 - a),
  where: elementwise((condition, a, b) => (condition ? a : b)),
  broadcast: elementwise((x) => x),
} satisfies { [P in ProgramPrimitive]?: Kernel<P> };

const cast: Kernel<'cast'> = ({ dtype }, inputs) =>
  input(inputs, 0).data.map((x) => (dtype === 'bool' ? Number(x !== 0) : dtype === 'i32' ? Math.trunc(x) : x));

const transpose: Kernel<'transpose'> = ({ shape, attributes: { permutation } }, inputs) =>
  tabulate(shape, (position) => {
    const source = permutation.map((_, axis) => lengthOf(position, permutation.indexOf(axis)));
    return at(input(inputs, 0), source);
  });

const concat: Kernel<'concat'> = ({ shape, attributes: { axis } }, inputs) =>
  tabulate(shape, (position) => {
    let along = lengthOf(position, axis);
    const part = inputs.find((tensor) => {
      const length = lengthOf(tensor.shape, axis);
      if (along < length) return true;
      along -= length;
      return false;
    });
    // An axis of length one reads coordinate zero, which is what `along` is then.
    return at(part ?? input(inputs, 0), position.with(axis, along));
  });

const slice: Kernel<'slice'> = ({ shape, attributes: { axis, start, step } }, inputs) =>
  tabulate(shape, (position) => at(input(inputs, 0), position.with(axis, lengthOf(position, axis) * step + start)));

const pad: Kernel<'pad'> = ({ shape, attributes: { axis, before } }, inputs) =>
  tabulate(shape, (position) => {
    const along = lengthOf(position, axis) - before;
    const inside = along >= 0 && along < lengthOf(input(inputs, 0).shape, axis);
    return inside ? at(input(inputs, 0), position.with(axis, along)) : 0;
  });

function reduction(combine: (a: number, b: number) => number, start: number) {
  return (
    { shape, attributes: { axes } }: ProgramNode<'sum' | 'max'>,
    inputs: readonly ReferenceTensor[],
  ): Float64Array => {
    const { shape: from, data } = input(inputs, 0);
    const keptShape = from.map((length, axis) => (axes.includes(axis) ? 1 : length));
    const result = new Float64Array(sizeOf(shape)).fill(start);
    data.forEach((x, index) => {
      const position = coordinates(index, from);
      let target = 0;
      keptShape.forEach((length, axis) => {
        target = target * length + (length === 1 ? 0 : lengthOf(position, axis));
      });
      result[target] = combine(result[target] ?? start, x);
    });
    return result;
  };
}

const cumsum: Kernel<'cumsum'> = ({ shape, attributes: { axis, reverse } }, inputs) =>
  tabulate(shape, (position) => {
    const own = lengthOf(position, axis);
    const [first, last] = reverse ? [own, lengthOf(shape, axis) - 1] : [0, own];
    let total = 0;
    for (let i = first; i <= last; i++) total += at(input(inputs, 0), position.with(axis, i));
    return total;
  });

/** Rows of the last axis. */
function rowsOf({ shape, data }: ReferenceTensor): Float64Array[] {
  const width = lengthOf(shape, shape.length - 1);
  return Array.from({ length: data.length / width }, (_, row) => data.slice(row * width, (row + 1) * width));
}

function logSumExp(row: Float64Array): number {
  const largest = row.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(row.reduce((total, x) => total + Math.exp(x - largest), 0));
}

function mapRows(tensor: ReferenceTensor, f: (row: Float64Array, index: number) => Iterable<number>): Float64Array {
  return Float64Array.from(rowsOf(tensor).flatMap((row, index) => [...f(row, index)]));
}

const matmul: Kernel<'matmul'> = ({ shape, attributes: { transposeA, transposeB, scale } }, inputs) => {
  const [a, b] = [input(inputs, 0), input(inputs, 1)];
  const inner = lengthOf(a.shape, a.shape.length - (transposeA ? 2 : 1));
  return tabulate(shape, (position) => {
    const batch = position.slice(0, -2);
    const [row = 0, column = 0] = position.slice(-2);
    let total = 0;
    for (let k = 0; k < inner; k++) {
      const left = at(a, transposeA ? [...batch, k, row] : [...batch, row, k]);
      total += left * at(b, transposeB ? [...batch, column, k] : [...batch, k, column]);
    }
    return scale * total;
  });
};

const gather: Kernel<'gather'> = (_, inputs) => {
  const [table, ids] = [input(inputs, 0), input(inputs, 1)];
  const width = sizeOf(table.shape.slice(1));
  return Float64Array.from([...ids.data].flatMap((id) => [...table.data.slice(id * width, (id + 1) * width)]));
};

const segmentSum: Kernel<'segmentSum'> = ({ shape }, inputs) => {
  const width = lengthOf(shape, 1);
  const result = new Float64Array(sizeOf(shape));
  rowsOf(input(inputs, 0)).forEach((row, n) => {
    const start = (input(inputs, 1).data[n] ?? 0) * width;
    row.forEach((x, column) => {
      result[start + column] = (result[start + column] ?? 0) + x;
    });
  });
  return result;
};

const idsOf = (inputs: readonly ReferenceTensor[], row: number) => input(inputs, 1).data[row] ?? Number.NaN;

const rotary: Kernel<'rotary'> = ({ shape, attributes: { inverse } }, inputs) => {
  const half = lengthOf(shape, shape.length - 1) / 2;
  const [x, cos, sin] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
  return tabulate(shape, (position) => {
    const [t = 0, i = 0] = position.slice(-2);
    const lower = i < half;
    const partner = at(x, position.with(-1, lower ? i + half : i - half));
    const pair = [t, i % half];
    return at(x, position) * at(cos, pair) + (lower === inverse ? 1 : -1) * partner * at(sin, pair);
  });
};

export const kernels: { [P in ProgramPrimitive]: Kernel<P> } = {
  ...elementwiseKernels,
  cast,
  reshape: (_, inputs) => input(inputs, 0).data,
  transpose,
  concat,
  slice,
  pad,
  sum: reduction((a, b) => a + b, 0),
  max: reduction((a, b) => Math.max(a, b), -Infinity),
  cumsum,
  argMax: (_, inputs) => Float64Array.from(rowsOf(input(inputs, 0)), (row) => row.indexOf(Math.max(...row))),
  matmul,
  conv: ({ shape, attributes }, inputs) => convolution(input(inputs, 0), input(inputs, 1), shape, attributes),
  convTranspose: ({ shape, attributes }, inputs) =>
    convolutionAdjoint(input(inputs, 0), input(inputs, 1), shape, attributes),
  gather,
  segmentSum,
  takeAlong: (_, inputs) =>
    Float64Array.from(rowsOf(input(inputs, 0)), (row, n) => row[idsOf(inputs, n)] ?? Number.NaN),
  addAlong: (_, inputs) =>
    mapRows(input(inputs, 0), (row, n) =>
      row.map((x, v) => (v === idsOf(inputs, n) ? x + (input(inputs, 2).data[n] ?? 0) : x)),
    ),
  oneHot: ({ shape }, inputs) =>
    tabulate(shape, (position) => Number(at(input(inputs, 0), position.slice(0, -1)) === position.at(-1))),
  softmax: (_, inputs) => mapRows(input(inputs, 0), (row) => row.map((x) => Math.exp(x - logSumExp(row)))),
  logSoftmax: (_, inputs) => mapRows(input(inputs, 0), (row) => row.map((x) => x - logSumExp(row))),
  rotary,
};
