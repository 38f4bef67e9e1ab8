// A float64 interpreter of programs in plain loops: slow, short and independent of every executor, so it can be the
// oracle for all of them and for finite differences. Booleans are 0 and 1; integers are exact.

import { invariant } from '@preheat/contracts';
import type { Program, ProgramNode } from '../program.js';
import { sizeOf } from '../shape.js';
import { kernels } from './kernels.js';
import type { ReferenceTensor } from './reference-tensor.js';

/**
 * Runs a program on the given inputs (parameters included), by name. Returns the outputs by name. Throws when an input
 * is missing or has the wrong number of elements.
 */
export function evaluateProgram(
  program: Program,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> {
  const values = new Map<number, ReferenceTensor>();
  for (const { name, value, shape } of program.inputs) {
    const data = feeds[name];
    if (data?.length !== sizeOf(shape)) {
      throw new Error(`input "${name}": expected ${sizeOf(shape)} numbers, got ${data?.length ?? 'nothing'}`);
    }
    values.set(value, { shape, data: Float64Array.from(data) });
  }
  for (const { value, shape, data } of program.constants) values.set(value, { shape, data: Float64Array.from(data) });
  const read = (value: number): ReferenceTensor => {
    const tensor = values.get(value);
    invariant(tensor, `value ${value} is used before it is defined`);
    return tensor;
  };
  for (const node of program.nodes) values.set(node.value, evaluateNode(node, node.inputs.map(read)));
  return Object.fromEntries(program.outputs.map(({ name, value }) => [name, read(value).data]));
}

function evaluateNode(node: ProgramNode, inputs: readonly ReferenceTensor[]): ReferenceTensor {
  const kernel = kernels[node.primitive] as (node: ProgramNode, inputs: readonly ReferenceTensor[]) => Float64Array;
  return { shape: node.shape, data: kernel(node, inputs) };
}
