// The order in which nodes are written to a model, chosen for the order in which ONNX Runtime runs them: depth first from
// the nodes that nothing reads, the last one written first. As they are built, gradients of weights would all be computed
// after the whole backward pass, with everything they need kept alive: two to three times the memory.

import type { Program, ProgramNode } from '../program.js';

/** The nodes of a program with those that nothing reads at the end, the latest first. */
export function executionOrder({ nodes }: Program): ProgramNode[] {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const [inner, leaves] = [true, false].map((isRead) => nodes.filter(({ value }) => read.has(value) === isRead));
  return [...(inner ?? []), ...(leaves ?? []).reverse()];
}
