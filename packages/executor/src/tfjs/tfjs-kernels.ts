// How each primitive is computed with TensorFlow.js operations, on whatever backend is active. Every kernel returns a
// tensor of its own; temporaries are the caller's to tidy.

import { invariant } from '@preheat/contracts';
import { sizeOf } from '@preheat/graph';
import type { DType, ProgramNode, ProgramPrimitive, Shape } from '@preheat/graph';
import { conv, convTranspose } from './tfjs-convolution.js';
import type { Tensor, TensorFlow } from './tensorflow.js';

type Kernel<P extends ProgramPrimitive> = (tf: TensorFlow, inputs: readonly Tensor[], node: ProgramNode<P>) => Tensor;

export const tfDType: Record<DType, 'float32' | 'int32' | 'bool'> = { f32: 'float32', i32: 'int32', bool: 'bool' };

function input(inputs: readonly Tensor[], index: number): Tensor {
  const tensor = inputs[index];
  invariant(tensor, `operand ${index} is missing`);
  return tensor;
}

const unary =
  (f: (tf: TensorFlow, x: Tensor) => Tensor): Kernel<ProgramPrimitive> =>
  (tf, inputs) =>
    f(tf, input(inputs, 0));

const binary =
  (f: (tf: TensorFlow, a: Tensor, b: Tensor) => Tensor): Kernel<ProgramPrimitive> =>
  (tf, inputs) =>
    f(tf, input(inputs, 0), input(inputs, 1));

/** Rows and ids as matrix and column, the form in which one element a row is looked up. */
function asRows(inputs: readonly Tensor[]): { rows: Tensor; ids: Tensor } {
  const width = input(inputs, 0).shape.at(-1);
  invariant(width !== undefined, 'a scalar has no rows');
  return { rows: input(inputs, 0).reshape([-1, width]), ids: input(inputs, 1).reshape([-1, 1]) };
}

const takeAlong: Kernel<'takeAlong'> = (tf, inputs, { shape }) => {
  const { rows, ids } = asRows(inputs);
  return tf.gather(rows, ids as never, 1, 1).reshape([...shape]);
};

/** `tensorScatterUpdate` would need no second tensor, but writes into its operand on the portable backend. */
const addAlong: Kernel<'addAlong'> = (tf, inputs, { shape }) => {
  const { rows, ids } = asRows(inputs);
  const [count = 0, width = 0] = rows.shape;
  const places = tf.concat([tf.range(0, count, 1, 'int32').reshape([-1, 1]), ids], 1);
  const updates = tf.scatterND(places, input(inputs, 2).flatten(), [count, width]);
  return tf.add(rows, updates).reshape([...shape]);
};

/** The operands with equal leading axes: the CPU backend multiplies wrong pairs when both sides repeat. */
function matchBatches(tf: TensorFlow, inputs: readonly Tensor[], shape: Shape): [Tensor, Tensor] {
  const [a, b] = [input(inputs, 0), input(inputs, 1)];
  const batch = shape.slice(0, -2);
  const isOne = ({ shape }: Tensor) => sizeOf(shape.slice(0, -2)) === 1;
  if (isOne(a) || isOne(b)) return [a, b];
  return [a, b].map((x) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)])) as [Tensor, Tensor];
}

const matmul: Kernel<'matmul'> = (tf, inputs, { shape, attributes: { transposeA, transposeB, scale } }) => {
  const product = tf.matMul(...matchBatches(tf, inputs, shape), transposeA, transposeB);
  return scale === 1 ? product : tf.mul(product, scale);
};

const rotary: Kernel<'rotary'> = (tf, inputs, { attributes: { inverse } }) => {
  const [x, cos, sin] = [input(inputs, 0), input(inputs, 1), input(inputs, 2)];
  const [lower, upper] = tf.split(x, 2, -1);
  invariant(lower && upper, 'rotary needs an even width');
  const signedSin = inverse ? tf.neg(sin) : sin;
  const rotatedLower = tf.sub(tf.mul(lower, cos), tf.mul(upper, signedSin));
  const rotatedUpper = tf.add(tf.mul(upper, cos), tf.mul(lower, signedSin));
  return tf.concat([rotatedLower, rotatedUpper], -1);
};

const slice: Kernel<'slice'> = (tf, inputs, { shape, attributes: { axis, start, step } }) => {
  const begin = shape.map((_, i) => (i === axis ? start : 0));
  if (step === 1) return tf.slice(input(inputs, 0), begin, [...shape]);
  const end = shape.map((length, i) => (i === axis ? start + (length - 1) * step + 1 : length));
  const steps = shape.map((_, i) => (i === axis ? step : 1));
  return tf.stridedSlice(input(inputs, 0), begin, end, steps);
};

const pad: Kernel<'pad'> = (tf, inputs, { shape, attributes: { axis, before, after } }) =>
  tf.pad(
    input(inputs, 0),
    shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0])),
  );

/** Tensors of the size of its result that a kernel holds at once, the result included. */
export function tensorsHeld({ primitive, attributes }: ProgramNode): number {
  // A reshape shows the memory of its operand.
  if (primitive === 'reshape') return 0;
  const isScaled = primitive === 'matmul' && (attributes as ProgramNode<'matmul'>['attributes']).scale !== 1;
  return primitive === 'addAlong' || isScaled ? 2 : 1;
}

export const tfjsKernels: { [P in ProgramPrimitive]: Kernel<P> } = {
  neg: unary((tf, x) => tf.neg(x)),
  exp: unary((tf, x) => tf.exp(x)),
  log: unary((tf, x) => tf.log(x)),
  sqrt: unary((tf, x) => tf.sqrt(x)),
  reciprocal: unary((tf, x) => tf.reciprocal(x)),
  tanh: unary((tf, x) => tf.tanh(x)),
  sigmoid: unary((tf, x) => tf.sigmoid(x)),
  softplus: unary((tf, x) => tf.softplus(x)),
  relu: unary((tf, x) => tf.relu(x)),
  erf: unary((tf, x) => tf.erf(x)),
  abs: unary((tf, x) => tf.abs(x)),
  sign: unary((tf, x) => tf.sign(x)),
  floor: unary((tf, x) => tf.floor(x)),
  sin: unary((tf, x) => tf.sin(x)),
  cos: unary((tf, x) => tf.cos(x)),
  add: binary((tf, a, b) => tf.add(a, b)),
  sub: binary((tf, a, b) => tf.sub(a, b)),
  mul: binary((tf, a, b) => tf.mul(a, b)),
  div: binary((tf, a, b) => tf.div(a, b)),
  maximum: binary((tf, a, b) => tf.maximum(a, b)),
  minimum: binary((tf, a, b) => tf.minimum(a, b)),
  equal: binary((tf, a, b) => tf.equal(a, b)),
  less: binary((tf, a, b) => tf.less(a, b)),
  lessEqual: binary((tf, a, b) => tf.lessEqual(a, b)),
  and: binary((tf, a, b) => tf.logicalAnd(a, b)),
  or: binary((tf, a, b) => tf.logicalOr(a, b)),
  not: unary((tf, x) => tf.logicalNot(x)),
  where: (tf, inputs) => tf.where(input(inputs, 0), input(inputs, 1), input(inputs, 2)),
  cast: (tf, inputs, { dtype }) => tf.cast(input(inputs, 0), tfDType[dtype]),
  reshape: (tf, inputs, { shape }) => tf.reshape(input(inputs, 0), [...shape]),
  transpose: (tf, inputs, { attributes }) => tf.transpose(input(inputs, 0), [...attributes.permutation]),
  broadcast: (tf, inputs, { shape }) => tf.broadcastTo(input(inputs, 0), [...shape]),
  concat: (tf, inputs, { attributes }) => tf.concat([...inputs], attributes.axis),
  slice,
  pad,
  sum: (tf, inputs, { attributes: { axes, keepDims } }) => tf.sum(input(inputs, 0), [...axes], keepDims),
  max: (tf, inputs, { attributes: { axes, keepDims } }) => tf.max(input(inputs, 0), [...axes], keepDims),
  cumsum: (tf, inputs, { attributes: { axis, reverse } }) => tf.cumsum(input(inputs, 0), axis, false, reverse),
  argMax: unary((tf, x) => tf.argMax(x, -1)),
  matmul,
  conv,
  convTranspose,
  gather: (tf, inputs) => tf.gather(input(inputs, 0), input(inputs, 1) as never, 0),
  segmentSum: (tf, inputs, { shape }) =>
    tf.unsortedSegmentSum(input(inputs, 0), input(inputs, 1) as never, shape[0] ?? 0),
  takeAlong,
  addAlong,
  oneHot: (tf, inputs, { shape }) => tf.oneHot(input(inputs, 0) as never, shape.at(-1) ?? 0).cast('float32'),
  softmax: unary((tf, x) => tf.softmax(x)),
  logSoftmax: unary((tf, x) => tf.logSoftmax(x)),
  rotary,
};
