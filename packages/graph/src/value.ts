// The vocabulary of the graph: element types, the closed list of primitives with their attributes, and Value, a node of
// the graph. Executors implement exactly this list; mapped types over `Primitive` make a missing one a type error.

import { invariant } from '@preheat/contracts';
import type { Shape } from './shape.js';

/** Element types. `bool` exists only inside a program: inputs are `f32` or `i32`, outputs `f32`. */
export type DType = 'f32' | 'i32' | 'bool';

/** Numbers behind a constant. `bool` constants do not exist; compare instead. */
export type ConstantData = Float32Array | Int32Array;

type None = Readonly<Record<string, never>>;

/** Elementwise functions of one `f32` operand. */
export type UnaryPrimitive =
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'reciprocal'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'
  | 'relu'
  | 'erf'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'sin'
  | 'cos';

/** Elementwise functions of two operands of one type, with broadcasting. */
export type BinaryPrimitive = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum';

/** Elementwise comparisons, giving `bool`. The mirrored forms are written with swapped operands. */
export type ComparisonPrimitive = 'equal' | 'less' | 'lessEqual';

type Elementwise = UnaryPrimitive | BinaryPrimitive | ComparisonPrimitive | 'and' | 'or' | 'not' | 'where';

/** Of the last two axes (height, width): steps between windows, and zeros added before and after. */
export interface ConvolutionAttributes {
  readonly strides: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly groups: number;
}

/** Every primitive and its attributes. What the result's own shape and dtype already say is not repeated here. */
export interface PrimitiveAttributes extends Record<Elementwise, None> {
  /** Fed from outside by name. */
  input: { readonly name: string; readonly trainable: boolean };
  constant: { readonly data: ConstantData };
  /** To the result's dtype; to `i32` truncates, to `bool` asks for non-zero. */
  cast: None;
  reshape: None;
  transpose: { readonly permutation: readonly number[] };
  /** Repeats along axes of length one (and new leading axes). */
  broadcast: None;
  concat: { readonly axis: number };
  /** Every `step`-th element of `axis`, beginning at `start`, as many as the result is long. */
  slice: { readonly axis: number; readonly start: number; readonly step: number };
  /** Zeros before and after, along one axis. */
  pad: { readonly axis: number; readonly before: number; readonly after: number };
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  max: { readonly axes: readonly number[]; readonly keepDims: boolean };
  /** Running sums along one axis, each including its own element; `reverse` runs from the end. */
  cumsum: { readonly axis: number; readonly reverse: boolean };
  /** Position of the first maximum along the last axis, which is dropped. */
  argMax: None;
  /** `scale · op(a) · op(b)` on the last two axes, the others broadcasting. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean; readonly scale: number };
  /** `(x [N, C, H, W], filter [O, C/groups, h, w]) → [N, O, H', W']`, as in `ops.conv`. */
  conv: ConvolutionAttributes;
  /** `(y [N, O, H', W'], filter [O, C/groups, h, w]) → [N, C, H, W]`: the adjoint of `conv` in its first operand. */
  convTranspose: ConvolutionAttributes;
  /** `(table [R, …], ids [S…]) → [S…, …]`: whole rows by number. */
  gather: None;
  /** `(values [N, D], ids [N]) → [R, D]`: rows with the same id are added; the gradient of `gather`. */
  segmentSum: None;
  /** `(x [S…, V], ids [S…]) → [S…]`: one element a row. */
  takeAlong: None;
  /** `(x [S…, V], ids [S…], updates [S…]) → [S…, V]`: adds to one element a row; the gradient of `takeAlong`. */
  addAlong: None;
  /** `ids [S…] → f32 [S…, V]`. */
  oneHot: None;
  /** Along the last axis. */
  softmax: None;
  /** Along the last axis. */
  logSoftmax: None;
  /** `(x […, T, D], cos [T, D/2], sin [T, D/2])`: rotates the pairs (i, i + D/2); `inverse` rotates back. */
  rotary: { readonly inverse: boolean };
  /** The operand, with no gradient. Absent from programs. */
  stopGradient: None;
  /** The first operand; the gradient goes to the others by `backward`. Absent from programs. */
  customGradient: { readonly name: string; readonly backward: Backward };
}

export type Primitive = keyof PrimitiveAttributes;

/** From the cotangent of the block's result to those of its inputs, in order; `undefined` for none. */
export type Backward = (cotangent: Value) => readonly (Value | undefined)[];

/** Adds nodes to one graph. Equal requests give the same Value. */
export interface ValueFactory {
  /** Values made from now on have at least this id. */
  readonly nextId: number;
  emit<P extends Primitive>(
    primitive: P,
    inputs: readonly Value[],
    attributes: PrimitiveAttributes[P],
    dtype: DType,
    shape: Shape,
  ): Value<P>;
  scalar(x: number, dtype?: 'f32' | 'i32'): Value<'constant'>;
}

/** One tensor of the graph and how it is made. Immutable. Ids grow: inputs have smaller ids than their users. */
export interface Value<P extends Primitive = Primitive> {
  readonly graph: ValueFactory;
  readonly id: number;
  readonly primitive: P;
  readonly attributes: PrimitiveAttributes[P];
  readonly inputs: readonly Value[];
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Narrows a value to the primitive that makes it. */
export function isA<P extends Primitive>(value: Value | undefined, primitive: P): value is Value<P> {
  return value?.primitive === primitive;
}

/** The n-th operand; its absence is a bug in the graph, not in the caller's data. */
export function operand(value: Value, index: number): Value {
  const input = value.inputs[index];
  invariant(input, `${value.primitive} has no operand ${index}`);
  return input;
}

/** The number held by a constant of one element, else `undefined`. */
export function constantScalar(value: Value): number | undefined {
  return isA(value, 'constant') && value.attributes.data.length === 1 ? value.attributes.data[0] : undefined;
}
