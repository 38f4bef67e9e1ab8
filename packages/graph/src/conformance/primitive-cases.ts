// One or more small expressions for every primitive. Gradients are checked on them against finite differences, and every
// executor must agree with the reference and with recorded torch values on them. The mapped type makes a primitive without a case a type error.

import * as arithmetic from '../ops/arithmetic.js';
import { conv, convTranspose } from '../ops/convolution.js';
import { rotary } from '../ops/differentiation.js';
import * as indexing from '../ops/indexing.js';
import { matmul } from '../ops/matmul.js';
import * as movement from '../ops/movement.js';
import * as reduction from '../ops/reduction.js';
import type { ProgramPrimitive } from '../program.js';
import type { Shape } from '../shape.js';
import type { Value } from '../value.js';
import { ids, positive, real } from './conformance-case.js';
import type { CaseBuild as Build, ConformanceCase } from './conformance-case.js';

const one = (inputs: ConformanceCase['inputs'], build: Build): ConformanceCase[] => [{ inputs, build }];
const unary = (f: (x: Value) => Value): ConformanceCase[] => one([real(3, 4)], f as Build);
const unaryPositive = (f: (x: Value) => Value): ConformanceCase[] => one([positive(3, 4)], f as Build);

/** Same shapes, both directions of broadcasting, and a scalar. */
const binary = (f: (a: Value, b: Value) => Value): ConformanceCase[] => [
  { inputs: [real(2, 3), real(2, 3)], build: f as Build },
  { inputs: [real(2, 1, 3), real(4, 1)], build: f as Build },
  { inputs: [real(3), real(2, 3)], build: f as Build },
  { inputs: [real(), real(2, 2)], build: f as Build },
];

/** A comparison selects, so that its result matters to a gradient. */
const comparison = (f: (a: Value, b: Value) => Value): ConformanceCase[] =>
  one([real(2, 3), real(3)], ((a, b) => arithmetic.where(f(a, b), arithmetic.mul(a, a), b)) as Build);

const isPositive = (x: Value) => arithmetic.less(0, x);

const logical = (f: (a: Value, b: Value) => Value): ConformanceCase[] =>
  one([real(2, 5), real(5)], ((a, b) => arithmetic.where(f(isPositive(a), isPositive(b)), a, b)) as Build);

/** All four transpositions of the last two axes, with the given leading axes. */
function products(leadingA: Shape, leadingB: Shape): ConformanceCase[] {
  return [0, 1, 2, 3].map((bits) => {
    const [transposeA, transposeB] = [(bits & 1) > 0, (bits & 2) > 0];
    const inputs = [
      real(...leadingA, ...(transposeA ? [4, 3] : [3, 4])),
      real(...leadingB, ...(transposeB ? [5, 4] : [4, 5])),
    ];
    return { inputs, build: ((a, b) => matmul(a, b, { transposeA, transposeB, scale: 0.7 })) as Build };
  });
}

export const primitiveCases: { readonly [P in ProgramPrimitive]: readonly ConformanceCase[] } = {
  neg: unary(arithmetic.neg),
  exp: unary(arithmetic.exp),
  log: unaryPositive(arithmetic.log),
  sqrt: unaryPositive(arithmetic.sqrt),
  reciprocal: unary(arithmetic.reciprocal),
  tanh: unary(arithmetic.tanh),
  sigmoid: unary(arithmetic.sigmoid),
  softplus: unary(arithmetic.softplus),
  relu: unary(arithmetic.relu),
  erf: unary(arithmetic.erf),
  abs: unary(arithmetic.abs),
  floor: unary((x) => arithmetic.mod(arithmetic.mul(x, 3), 2)),
  sin: unary(arithmetic.sin),
  cos: unary(arithmetic.cos),
  sign: unary((x) => arithmetic.mul(arithmetic.sign(x), x)),
  add: binary(arithmetic.add),
  sub: binary(arithmetic.sub),
  mul: binary(arithmetic.mul),
  div: binary(arithmetic.div),
  maximum: binary(arithmetic.maximum),
  minimum: binary(arithmetic.minimum),
  equal: [
    ...comparison(arithmetic.equal),
    ...one([ids(2, 3, 4), real(3, 4)], ((a, b) => arithmetic.where(arithmetic.equal(a, 1), b, 0)) as Build),
  ],
  less: [
    ...comparison(arithmetic.less),
    ...one([ids(4, 3, 4), real(3, 4)], ((a, b) => arithmetic.where(arithmetic.less(a, 2), b, 0)) as Build),
  ],
  lessEqual: comparison(arithmetic.lessEqual),
  and: logical(arithmetic.and),
  or: logical(arithmetic.or),
  not: one([real(2, 3)], ((x) => arithmetic.where(arithmetic.not(isPositive(x)), x, 1)) as Build),
  where: one([real(2, 3), real(3), real(2, 1)], ((c, a, b) => arithmetic.where(isPositive(c), a, b)) as Build),
  cast: [
    ...one([real(2, 3)], ((x) => arithmetic.mul(arithmetic.cast(isPositive(x), 'f32'), x)) as Build),
    ...one([ids(5, 4), real(4)], ((n, x) => arithmetic.mul(arithmetic.cast(n, 'f32'), x)) as Build),
    ...one([real(6)], ((x) => arithmetic.cast(arithmetic.mul(x, 5), 'i32')) as Build),
  ],
  reshape: one([real(2, 6)], ((x) => movement.reshape(x, [3, -1])) as Build),
  transpose: one([real(2, 3, 4)], ((x) => movement.transpose(x, [2, 0, 1])) as Build),
  broadcast: one([real(3, 1)], ((x) =>
    movement.concat([movement.broadcastTo(x, [2, 3, 4]), movement.broadcastTo(x, [1, 3, 4])], 0)) as Build),
  concat: one([real(2, 1, 2), real(2, 3, 2)], ((a, b) => movement.concat([a, b, a], 1)) as Build),
  slice: one([real(2, 5)], ((x) => {
    const [a, b, c] = movement.split(x, [1, 2, 2], 1);
    return arithmetic.add(arithmetic.mul(b, c), a);
  }) as Build).concat(
    one([real(2, 8)], ((x) => movement.slice(x, 1, 1, 8, 3)) as Build),
    one([real(7, 2)], ((x) => movement.slice(x, 0, 0, 6, 2)) as Build),
  ),
  pad: one([real(2, 3)], ((x) => movement.pad(movement.pad(x, 0, 1, 0), 1, 2, 1)) as Build),
  sum: [
    ...one([real(2, 3, 4)], ((x) => reduction.sum(x, { axes: [0, 2] })) as Build),
    ...one([real(2, 3, 4)], ((x) => reduction.sum(x, { axes: [-1], keepDims: true })) as Build),
    ...one([real(2, 3)], ((x) => reduction.sum(arithmetic.exp(reduction.mean(x)))) as Build),
  ],
  max: [
    ...one([real(2, 3, 4)], ((x) => reduction.max(x, { axes: [1] })) as Build),
    ...one([real(3, 4)], ((x) => reduction.max(x, { keepDims: true })) as Build),
    ...one([real(3, 4)], ((x) => reduction.min(x, { axes: [0] })) as Build),
  ],
  cumsum: [
    ...one([real(2, 4, 3)], ((x) => reduction.cumsum(x, 1)) as Build),
    ...one([real(3, 5)], ((x) => reduction.cumsum(x, -1, { reverse: true })) as Build),
  ],
  argMax: one([real(3, 5)], reduction.argMax as Build),
  matmul: [...products([], []), ...products([2], [2]), ...products([2], []), ...products([2, 1], [1, 3])],
  conv: [
    { inputs: [real(2, 3, 5, 4), real(2, 3, 3, 2)], build: ((x, w) => conv(x, w)) as Build },
    {
      inputs: [real(1, 2, 6, 5), real(4, 2, 3, 3)],
      build: ((x, w) => conv(x, w, { strides: 2, padding: 1 })) as Build,
    },
    {
      inputs: [real(2, 4, 4, 5), real(6, 2, 2, 2)],
      build: ((x, w) => conv(x, w, { strides: [1, 2], groups: 2 })) as Build,
    },
    {
      // The short causal depthwise convolution of state-space models.
      inputs: [real(2, 3, 1, 5), real(3, 1, 1, 4)],
      build: ((x, w) =>
        conv(x, w, {
          padding: [
            [0, 0],
            [3, 0],
          ],
          groups: 3,
        })) as Build,
    },
  ],
  convTranspose: [
    { inputs: [real(2, 2, 3, 3), real(2, 3, 3, 2)], build: ((y, w) => convTranspose(y, w, [2, 3, 5, 4])) as Build },
    {
      inputs: [real(1, 4, 3, 3), real(4, 2, 3, 3)],
      build: ((y, w) => convTranspose(y, w, [1, 4, 6, 5], { strides: 2, padding: 1, groups: 2 })) as Build,
    },
  ],
  gather: [
    ...one([real(5, 3), ids(5, 2, 4)], indexing.gather as Build),
    ...one([real(300, 2), ids(300, 6)], indexing.gather as Build),
  ],
  segmentSum: [
    ...one([real(6, 3), ids(4, 6)], ((x, n) => indexing.segmentSum(x, n, 4)) as Build),
    ...one([real(6, 3), ids(3, 6)], ((x, n) => indexing.segmentSum(x, n, 500)) as Build),
  ],
  takeAlong: one([real(2, 3, 5), ids(5, 2, 3)], indexing.takeAlong as Build),
  addAlong: one([real(3, 5), ids(5, 3), real(3)], indexing.addAlong as Build),
  oneHot: one([ids(4, 2, 3), real(2, 3, 4)], ((n, x) => arithmetic.mul(indexing.oneHot(n, 4), x)) as Build),
  softmax: one([real(2, 3, 4)], reduction.softmax as Build),
  logSoftmax: one([real(2, 3, 4)], reduction.logSoftmax as Build),
  rotary: [false, true].flatMap((inverse) =>
    [real(2, 3, 4, 6), real(3, 4, 6), real(4, 6)].map((input) => ({
      inputs: [input],
      build: ((x: Value) => {
        const table = (f: (x: number) => number) =>
          x.graph.emit('constant', [], { data: Float32Array.from({ length: 12 }, (_, i) => f(i)) }, 'f32', [4, 3]);
        return rotary(x, table(Math.cos), table(Math.sin), { inverse });
      }) as Build,
    })),
  ),
};
