// The graph: build with `ops` and `blocks`, differentiate with `gradients`, finish with `GraphBuilder.build`.

import * as activations from './blocks/activations.js';
import * as attention from './blocks/attention.js';
import { hiddenScore } from './blocks/attention-mask.js';
import * as scans from './blocks/linear-scan.js';
import * as normalisation from './blocks/normalisation.js';
import * as pooling from './blocks/pooling.js';
import * as recomputation from './blocks/recompute.js';
import * as position from './blocks/rotary-embedding.js';
import * as losses from './blocks/cross-entropy.js';
import * as arithmetic from './ops/arithmetic.js';
import * as convolution from './ops/convolution.js';
import * as differentiation from './ops/differentiation.js';
import * as indexing from './ops/indexing.js';
import { matmul } from './ops/matmul.js';
import { broadcastTo, concat, pad, reshape, slice, split, transpose } from './ops/movement.js';
import * as reduction from './ops/reduction.js';

export { GraphBuilder } from './graph-builder.js';
export { gradients } from './gradients.js';
export { programToOnnx } from './lowering/program-to-onnx.js';
export { type InputStorage, scalesInput, type StoredInputs } from './lowering/stored-input.js';
export { peakBytes } from './peak-bytes.js';
export { gradientOf, gradientOutput } from './program.js';
export type {
  Program,
  ProgramConstant,
  ProgramInput,
  ProgramNode,
  ProgramOutput,
  ProgramPrimitive,
  TensorType,
} from './program.js';
export { formatShape, sameShape, ShapeError, sizeOf } from './shape.js';
export type { Shape } from './shape.js';
export type { Operand } from './ops/elementwise.js';
export type { AttentionOptions } from './blocks/attention.js';
export type { ConvolutionOptions } from './ops/convolution.js';
export type { MatmulOptions } from './ops/matmul.js';
export type { ReductionOptions } from './ops/reduction.js';
export type { ConstantData, DType, Primitive, PrimitiveAttributes, Value } from './value.js';

export { evaluateProgram } from './reference/evaluate-program.js';

/** The operations: every one takes and gives values of a graph. */
export const ops = {
  ...arithmetic,
  ...reduction,
  ...indexing,
  ...differentiation,
  conv: convolution.conv,
  convTranspose: convolution.convTranspose,
  matmul,
  broadcastTo,
  concat,
  pad,
  reshape,
  slice,
  split,
  transpose,
};

/** Larger pieces with hand-written gradients. */
export const blocks = {
  ...activations,
  ...attention,
  hiddenScore,
  ...losses,
  ...normalisation,
  ...pooling,
  ...position,
  ...recomputation,
  ...scans,
};
