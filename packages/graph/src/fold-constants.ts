// Constant folding: a node whose operands are all fixed at build time is computed then, by the float64 reference, and
// rounded once. Results above a size stay nodes: they are cheaper to compute at each run than to carry in every model.

import { kernels } from './reference/kernels.js';
import type { ReferenceTensor } from './reference/reference-tensor.js';
import { sizeOf } from './shape.js';
import { isA } from './value.js';
import type { ConstantData, Primitive, Value } from './value.js';
import type { ProgramNode, ProgramPrimitive } from './program.js';

/** 256 KiB of numbers: a causal mask of 256 positions. */
const maxElements = 65_536;

/**
 * Never folded: `broadcast` would write what is meant to stay unwritten, and the reference is too slow for products.
 */
const unfolded: ReadonlySet<Primitive> = new Set<Primitive>([
  'input',
  'broadcast',
  'matmul',
  'conv',
  'convTranspose',
  'stopGradient',
  'customGradient',
]);

/** A node before it has a number. */
export type UnnumberedValue = Pick<Value, 'primitive' | 'attributes' | 'inputs' | 'dtype' | 'shape'>;

/** The numbers of `value` when it is fixed at build time and worth folding, else `undefined`. */
export function foldConstant(value: UnnumberedValue): ConstantData | undefined {
  if (value.dtype === 'bool' || value.primitive === 'constant' || sizeOf(value.shape) > maxElements) return undefined;
  if (!isFixed(value)) return undefined;
  const { data } = evaluate(value);
  return value.dtype === 'f32' ? Float32Array.from(data) : Int32Array.from(data);
}

/** Booleans have no constants, so that a chain of them is looked through. */
function isFixed({ primitive, inputs, shape }: UnnumberedValue): boolean {
  if (primitive === 'constant') return true;
  if (unfolded.has(primitive) || sizeOf(shape) > maxElements || inputs.length === 0) return false;
  return inputs.every((input) => (input.dtype === 'bool' ? isFixed(input) : isA(input, 'constant')));
}

function evaluate(value: UnnumberedValue): ReferenceTensor {
  const { primitive, attributes, inputs, dtype, shape } = value;
  if (primitive === 'constant') {
    return { shape, data: Float64Array.from((attributes as { readonly data: ConstantData }).data) };
  }
  const kernel = kernels[primitive as ProgramPrimitive] as (
    node: ProgramNode,
    inputs: readonly ReferenceTensor[],
  ) => Float64Array;
  const node = { primitive, attributes, dtype, shape, inputs: [], value: 0 } as unknown as ProgramNode;
  return { shape, data: kernel(node, inputs.map(evaluate)) };
}
