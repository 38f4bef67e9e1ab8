// How much memory the values of a program take at its worst moment, without running it: the liveness of every value in
// the order of the nodes. Executors reuse a buffer that dies for a result of the same size, as is assumed here.

import type { Program, ProgramNode, ProgramPrimitive, TensorType } from './program.js';
import { sizeOf } from './shape.js';

/** Primitives whose kernels write over an operand that nobody needs any more. */
const overwriting: ReadonlySet<ProgramPrimitive> = new Set([
  ...(['neg', 'exp', 'log', 'sqrt', 'reciprocal', 'tanh', 'sigmoid', 'softplus', 'relu', 'erf', 'abs'] as const),
  ...(['add', 'sub', 'mul', 'div', 'softmax', 'logSoftmax', 'addAlong'] as const),
]);

/** Bytes of everything the program computes, at the most; outputs included, what it is fed and its constants not. */
export function peakBytes(program: Program): number {
  const roots = sharedBuffers(program);
  const lastUse = lastUses(program, roots);
  const held = new Map<number, number>();
  let [bytes, peak] = [0, 0];
  program.nodes.forEach((node, step) => {
    if (roots.get(node.value) !== node.value) return;
    const size = bytesOf(node);
    const dying = [...new Set(node.inputs.map((input) => roots.get(input) ?? input))].filter(
      (root) => held.has(root) && lastUse.get(root) === step,
    );
    const reused = overwriting.has(node.primitive) && dying.some((root) => held.get(root) === size);
    peak = Math.max(peak, bytes + (reused ? 0 : size));
    bytes += size;
    held.set(node.value, size);
    // A result that nobody reads is gone at once.
    for (const root of lastUse.has(node.value) ? dying : [...dying, node.value]) {
      bytes -= held.get(root) ?? 0;
      held.delete(root);
    }
  });
  return peak;
}

const bytesOf = ({ dtype, shape }: TensorType): number => sizeOf(shape) * (dtype === 'bool' ? 1 : 4);

/** The value in whose buffer each one lies: a reshape has the buffer of its operand. */
function sharedBuffers({ nodes }: Program): Map<number, number> {
  const roots = new Map<number, number>();
  const rootOf = (value: number): number => roots.get(value) ?? value;
  for (const node of nodes) roots.set(node.value, isView(node) ? rootOf(node.inputs[0] ?? node.value) : node.value);
  return roots;
}

const isView = ({ primitive }: ProgramNode): boolean => primitive === 'reshape';

/** The last node that reads a buffer; outputs are needed to the end. */
function lastUses({ nodes, outputs }: Program, roots: ReadonlyMap<number, number>): Map<number, number> {
  const last = new Map<number, number>();
  nodes.forEach(({ inputs }, step) => {
    for (const input of inputs) last.set(roots.get(input) ?? input, step);
  });
  for (const { value } of outputs) last.set(roots.get(value) ?? value, Number.POSITIVE_INFINITY);
  return last;
}
