// How each primitive is written in ONNX (opset 21, with ONNX Runtime's own operators where they save a pass). ScatterND
// with reduction=add is never used: on several threads it loses updates to the same row.

import { invariant } from '@preheat/contracts';
import type { NodeAttributes, OnnxGraph, Value } from '../onnx/index.js';
import { MICROSOFT_DOMAIN } from '../onnx/index.js';
import type { ProgramNode, ProgramPrimitive, TensorType } from '../program.js';
import { lengthOf, sizeOf } from '../shape.js';
import type { ConvolutionAttributes } from '../value.js';

/** Names and types of a node's operands, in order. */
export interface LoweredOperand extends TensorType {
  readonly name: Value;
}

type Lowering<P extends ProgramPrimitive> = (
  graph: OnnxGraph,
  node: ProgramNode<P>,
  inputs: readonly LoweredOperand[],
) => Value;

/**
 * Up to this many rows, adding rows by id is a product with one-hot rows, which runs at GEMM speed; above, the one-hot
 * rows cost more than ScatterElements, which is serial (7 to 10 ns an element) but exact.
 */
const oneHotRows = 256;

const microsoft = { domain: MICROSOFT_DOMAIN } as const;
const elementTypeCode = { f32: 1, i32: 6, bool: 9 } as const;

/** An operand that the primitive is known to have. */
function operand(inputs: readonly LoweredOperand[], index: number): LoweredOperand {
  const input = inputs[index];
  invariant(input, `operand ${index} is missing`);
  return input;
}

/** A primitive that is one ONNX operator on the same operands. */
const direct =
  (opType: string, attributes?: NodeAttributes): Lowering<ProgramPrimitive> =>
  (graph, _, inputs) =>
    graph.op(
      opType,
      inputs.map(({ name }) => name),
      attributes,
    );

const reshapeTo = (graph: OnnxGraph, value: Value, shape: readonly number[]): Value =>
  graph.op('Reshape', [value, graph.int64([...shape])]);

/** `Expand` reads its target shape from a vector, which for a scalar is empty. */
const expandTo = (graph: OnnxGraph, value: Value, shape: readonly number[]): Value =>
  graph.op('Expand', [value, graph.int64([...shape])]);

function oneHot(graph: OnnxGraph, ids: Value, classes: number): Value {
  // Kernels exist for i32 ids with f32 values, not for i32 values.
  const depth = graph.constant({ elementType: 'int32', shape: [], data: Int32Array.of(classes) }, 'depth');
  return graph.op('OneHot', [ids, depth, graph.float32([0, 1])], { axis: -1 });
}

const matmul: Lowering<'matmul'> = (graph, { attributes: { transposeA, transposeB, scale } }, inputs) => {
  const names = inputs.map(({ name }) => name);
  if (!transposeA && !transposeB && scale === 1) return graph.op('MatMul', names);
  const attributes = { transA: Number(transposeA), transB: Number(transposeB), alpha: { float: scale } };
  return graph.op('FusedMatMul', names, attributes, microsoft);
};

const convolutionAttributes = ({ strides, padding, groups }: ConvolutionAttributes) => ({
  strides: [...strides],
  pads: [padding[0][0], padding[1][0], padding[0][1], padding[1][1]],
  group: groups,
});

const convTranspose: Lowering<'convTranspose'> = (graph, { shape, attributes }, inputs) => {
  const [y, filter] = [operand(inputs, 0), operand(inputs, 1)];
  const { strides, padding } = attributes;
  // Elements at the end that no window reaches, for strides that do not divide the length.
  const unreached = ([0, 1] as const).map((axis) => {
    const reached = (lengthOf(y.shape, axis + 2) - 1) * strides[axis] + lengthOf(filter.shape, axis + 2);
    return lengthOf(shape, axis + 2) + padding[axis][0] + padding[axis][1] - reached;
  });
  const options = { ...convolutionAttributes(attributes), output_padding: unreached };
  return graph.op('ConvTranspose', [y.name, filter.name], options);
};

const segmentSum: Lowering<'segmentSum'> = (graph, { shape }, inputs) => {
  const [values, ids] = [operand(inputs, 0), operand(inputs, 1)];
  const rows = lengthOf(shape, 0);
  if (rows <= oneHotRows) {
    return graph.op('FusedMatMul', [oneHot(graph, ids.name, rows), values.name], { transA: 1 }, microsoft);
  }
  const target = expandTo(graph, reshapeTo(graph, ids.name, [-1, 1]), values.shape);
  const zeros = expandTo(graph, graph.float32(0), shape);
  return graph.op('ScatterElements', [zeros, target, values.name], { axis: 0, reduction: 'add' });
};

const takeAlong: Lowering<'takeAlong'> = (graph, { shape }, inputs) => {
  const column = reshapeTo(graph, operand(inputs, 1).name, [...shape, 1]);
  return reshapeTo(graph, graph.op('GatherElements', [operand(inputs, 0).name, column], { axis: -1 }), shape);
};

const addAlong: Lowering<'addAlong'> = (graph, _, inputs) => {
  const [x, ids, updates] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
  const column = (value: LoweredOperand) => reshapeTo(graph, value.name, [...value.shape, 1]);
  return graph.op('ScatterElements', [x.name, column(ids), column(updates)], { axis: -1, reduction: 'add' });
};

const rotary: Lowering<'rotary'> = (graph, { shape, attributes: { inverse } }, inputs) => {
  const [x, cos, sin] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
  const [length, width] = [lengthOf(shape, shape.length - 2), lengthOf(shape, shape.length - 1)];
  // The operator takes [batch, heads, length, width]; which leading axis is which makes no difference to it.
  const isBatched = shape.length === 4;
  const batched = isBatched ? x.name : reshapeTo(graph, x.name, [1, sizeOf(shape) / (length * width), length, width]);
  const signedSin = inverse ? graph.op('Neg', [sin.name]) : sin.name;
  // A single position id is the position of the first element of every row.
  const operands = [batched, graph.int64([0]), cos.name, signedSin];
  const rotated = graph.op('RotaryEmbedding', operands, { interleaved: 0 }, microsoft);
  return isBatched ? rotated : reshapeTo(graph, rotated, shape);
};

const reduction =
  (opType: string): Lowering<'sum' | 'max'> =>
  (graph, { attributes: { axes, keepDims } }, inputs) =>
    graph.op(opType, [operand(inputs, 0).name, graph.int64([...axes])], { keepdims: Number(keepDims) });

export const onnxLowerings: { [P in ProgramPrimitive]: Lowering<P> } = {
  neg: direct('Neg'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  reciprocal: direct('Reciprocal'),
  tanh: direct('Tanh'),
  sigmoid: direct('Sigmoid'),
  softplus: direct('Softplus'),
  relu: direct('Relu'),
  erf: direct('Erf'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  floor: direct('Floor'),
  sin: direct('Sin'),
  cos: direct('Cos'),
  add: direct('Add'),
  sub: direct('Sub'),
  mul: direct('Mul'),
  div: direct('Div'),
  maximum: direct('Max'),
  minimum: direct('Min'),
  equal: direct('Equal'),
  less: direct('Less'),
  lessEqual: direct('LessOrEqual'),
  and: direct('And'),
  or: direct('Or'),
  not: direct('Not'),
  where: direct('Where'),
  cast: (graph, { dtype }, inputs) => graph.op('Cast', [operand(inputs, 0).name], { to: elementTypeCode[dtype] }),
  reshape: (graph, { shape }, inputs) => reshapeTo(graph, operand(inputs, 0).name, shape),
  transpose: (graph, { attributes: { permutation } }, inputs) =>
    graph.op('Transpose', [operand(inputs, 0).name], { perm: permutation }),
  broadcast: (graph, { shape }, inputs) => expandTo(graph, operand(inputs, 0).name, shape),
  concat: (graph, node, inputs) => direct('Concat', { axis: node.attributes.axis })(graph, node, inputs),
  slice: (graph, { shape, attributes: { axis, start, step } }, inputs) => {
    const end = start + (lengthOf(shape, axis) - 1) * step + 1;
    const bounds = (step === 1 ? [start, end, axis] : [start, end, axis, step]).map((number) => graph.int64([number]));
    return graph.op('Slice', [operand(inputs, 0).name, ...bounds]);
  },
  pad: (graph, { shape, attributes: { axis, before, after } }, inputs) => {
    const counts = [before, after].flatMap((count) => shape.map((_, i) => (i === axis ? count : 0)));
    return graph.op('Pad', [operand(inputs, 0).name, graph.int64(counts)]);
  },
  sum: reduction('ReduceSum'),
  max: reduction('ReduceMax'),
  cumsum: (graph, { attributes: { axis, reverse } }, inputs) =>
    graph.op('CumSum', [operand(inputs, 0).name, graph.int64(axis)], { reverse: Number(reverse) }),
  argMax: (graph, _, inputs) => {
    const position = graph.op('ArgMax', [operand(inputs, 0).name], { axis: -1, keepdims: 0 });
    return graph.op('Cast', [position], { to: elementTypeCode.i32 });
  },
  matmul,
  conv: (graph, { attributes }, inputs) =>
    graph.op('Conv', [operand(inputs, 0).name, operand(inputs, 1).name], convolutionAttributes(attributes)),
  convTranspose,
  gather: direct('Gather', { axis: 0 }),
  segmentSum,
  takeAlong,
  addAlong,
  oneHot: (graph, { shape }, inputs) => oneHot(graph, operand(inputs, 0).name, lengthOf(shape, shape.length - 1)),
  softmax: direct('Softmax', { axis: -1 }),
  logSoftmax: direct('LogSoftmax', { axis: -1 }),
  rotary,
};
