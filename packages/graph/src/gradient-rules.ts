// The derivative of every primitive, written in the same primitives. A rule returns one thunk for each operand
// (`undefined`: no gradient by definition). Sums over broadcast axes are added by the caller.

import {
  cast,
  cos,
  div,
  equal,
  exp,
  less,
  lessEqual,
  mul,
  neg,
  not,
  sigmoid,
  sign,
  sin,
  sub,
  where,
} from './ops/arithmetic.js';
import { conv, convTranspose, filterGradient } from './ops/convolution.js';
import { rotary } from './ops/differentiation.js';
import { addAlong, segmentSum, takeAlong, gather } from './ops/indexing.js';
import { matmul } from './ops/matmul.js';
import { broadcastTo, dilate, pad, reshape, slice, transpose } from './ops/movement.js';
import { cumsum, sum } from './ops/reduction.js';
import { lengthOf, sizeOf } from './shape.js';
import type { Shape } from './shape.js';
import type { Primitive, Value } from './value.js';

type Thunks = readonly ((() => Value) | undefined)[];
type Rule<P extends Primitive> = (cotangent: Value, result: Value<P>, a: Value, b: Value, c: Value) => Thunks;

const none: Thunks = [];
const indicator = (condition: Value) => cast(condition, 'f32');

/** A gradient kept for each row, put back beside the axes that a reduction removed. */
function restoreAxes(reduced: Value, from: Shape, axes: readonly number[]): Value {
  return reshape(
    reduced,
    from.map((length, axis) => (axes.includes(axis) ? 1 : length)),
  );
}

function sumRows(x: Value): Value {
  return sum(x, { axes: [-1], keepDims: true });
}

function inverse(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis));
}

/** Rows of an embedding gradient: everything but the first axis of the table becomes one. */
function embeddingGradient(cotangent: Value, table: Value, ids: Value): Value {
  const rows = reshape(cotangent, [sizeOf(ids.shape), sizeOf(table.shape.slice(1))]);
  const numbers = reshape(ids, [sizeOf(ids.shape)]);
  return reshape(segmentSum(rows, numbers, lengthOf(table.shape, 0)), table.shape);
}

const arithmeticRules = {
  neg: (d) => [() => neg(d)],
  exp: (d, y) => [() => mul(d, y)],
  log: (d, _, x) => [() => div(d, x)],
  sqrt: (d, y) => [() => div(mul(d, 0.5), y)],
  reciprocal: (d, y) => [() => neg(mul(d, mul(y, y)))],
  tanh: (d, y) => [() => mul(d, sub(1, mul(y, y)))],
  sigmoid: (d, y) => [() => mul(d, mul(y, sub(1, y)))],
  softplus: (d, _, x) => [() => mul(d, sigmoid(x))],
  relu: (d, _, x) => [() => mul(d, indicator(less(0, x)))],
  erf: (d, _, x) => [() => mul(d, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))],
  abs: (d, _, x) => [() => mul(d, sign(x))],
  sign: () => none,
  floor: () => none,
  sin: (d, _, x) => [() => mul(d, cos(x))],
  cos: (d, _, x) => [() => neg(mul(d, sin(x)))],
  add: (d) => [() => d, () => d],
  sub: (d) => [() => d, () => neg(d)],
  mul: (d, _, a, b) => [() => mul(d, b), () => mul(d, a)],
  div: (d, y, _, b) => [() => div(d, b), () => neg(div(mul(d, y), b))],
  maximum: (d, _, a, b) => [() => mul(d, indicator(lessEqual(b, a))), () => mul(d, indicator(less(a, b)))],
  minimum: (d, _, a, b) => [() => mul(d, indicator(lessEqual(a, b))), () => mul(d, indicator(less(b, a)))],
  equal: () => none,
  less: () => none,
  lessEqual: () => none,
  and: () => none,
  or: () => none,
  not: () => none,
  // Selection rather than multiplication: the branch not taken may be infinite.
  where: (d, _, condition) => [undefined, () => where(condition, d, 0), () => where(not(condition), d, 0)],
  cast: (d, _, x) => [() => cast(d, x.dtype)],
} satisfies { [P in Primitive]?: Rule<P> };

const movementRules = {
  reshape: (d, _, x) => [() => reshape(d, x.shape)],
  transpose: (d, y) => [() => transpose(d, inverse(y.attributes.permutation))],
  broadcast: (d) => [() => d],
  concat: (d, y) => {
    const { axis } = y.attributes;
    let end = 0;
    return y.inputs.map((part) => {
      const start = end;
      end += lengthOf(part.shape, axis);
      const bounds = [start, end] as const;
      return () => slice(d, axis, ...bounds);
    });
  },
  slice: (d, y, x) => {
    const { axis, start, step } = y.attributes;
    const taken = (lengthOf(y.shape, axis) - 1) * step + 1;
    return [() => pad(dilate(d, axis, step), axis, start, lengthOf(x.shape, axis) - start - taken)];
  },
  pad: (d, y, x) => {
    const { axis, before } = y.attributes;
    return [() => slice(d, axis, before, before + lengthOf(x.shape, axis))];
  },
} satisfies { [P in Primitive]?: Rule<P> };

const reductionRules = {
  sum: (d, y, x) => [() => broadcastTo(restoreAxes(d, x.shape, y.attributes.axes), x.shape)],
  max: (d, y, x) => {
    const { axes } = y.attributes;
    return [
      () => {
        const largest = indicator(equal(x, restoreAxes(y, x.shape, axes)));
        return mul(restoreAxes(d, x.shape, axes), div(largest, sum(largest, { axes, keepDims: true })));
      },
    ];
  },
  cumsum: (d, { attributes: { axis, reverse } }) => [() => cumsum(d, axis, { reverse: !reverse })],
  argMax: () => none,
  softmax: (d, y) => [() => mul(y, sub(d, sumRows(mul(d, y))))],
  logSoftmax: (d, y) => [() => sub(d, mul(sumRows(d), exp(y)))],
} satisfies { [P in Primitive]?: Rule<P> };

const linearRules = {
  matmul: (d, y, a, b) => {
    const { transposeA: ta, transposeB: tb, scale } = y.attributes;
    return [
      () => (ta ? matmul(b, d, { transposeA: tb, transposeB: true, scale }) : matmul(d, b, { transposeB: !tb, scale })),
      () => (tb ? matmul(d, a, { transposeA: true, transposeB: ta, scale }) : matmul(a, d, { transposeA: !ta, scale })),
    ];
  },
  conv: (d, { attributes }, x, filter) => [
    () => convTranspose(d, filter, x.shape, attributes),
    () => filterGradient(x, d, filter.shape, attributes),
  ],
  convTranspose: (d, { attributes }, y, filter) => [
    () => conv(d, filter, attributes),
    () => filterGradient(d, y, filter.shape, attributes),
  ],
  gather: (d, _, table, ids) => [() => embeddingGradient(d, table, ids)],
  segmentSum: (d, _, __, ids) => [() => gather(d, ids)],
  takeAlong: (d, _, x, ids) => [() => addAlong(broadcastTo(d.graph.scalar(0), x.shape), ids, d)],
  addAlong: (d, _, __, ids) => [() => d, undefined, () => takeAlong(d, ids)],
  oneHot: () => none,
  rotary: (d, y, _, cos, sin) => {
    const fixed = () => {
      throw new Error('rotary: its tables are constants and have no gradient');
    };
    return [() => rotary(d, cos, sin, { inverse: !y.attributes.inverse }), fixed, fixed];
  },
} satisfies { [P in Primitive]?: Rule<P> };

type Ruled = Exclude<Primitive, 'input' | 'constant' | 'stopGradient' | 'customGradient'>;
const rules: { [P in Ruled]: Rule<P> } = { ...arithmeticRules, ...movementRules, ...reductionRules, ...linearRules };

/** The contributions of `result`'s cotangent to the cotangents of its operands. */
export function applyGradientRule(result: Value, cotangent: Value): Thunks {
  if (!(result.primitive in rules)) return none;
  const rule = rules[result.primitive as Ruled] as Rule<Primitive>;
  const [a = result, b = result, c = result] = result.inputs;
  return rule(cotangent, result, a, b, c);
}
