// Finds additions that a matrix product can absorb: `x + a·b` is one Gemm that accumulates into a copy of x, saving a
// pass over memory for every residual connection and every gradient that is a sum of products.

import type { Program, ProgramNode } from '../program.js';
import { sameShape } from '../shape.js';
import type { Shape } from '../shape.js';

export interface GemmFusion {
  readonly product: ProgramNode<'matmul'>;
  /** Number of the value that is added. */
  readonly addend: number;
}

/** Fusions by the number of the addition; the products in `absorbed` need no node of their own. */
export interface GemmFusions {
  readonly additions: ReadonlyMap<number, GemmFusion>;
  readonly absorbed: ReadonlySet<number>;
}

function countUses(program: Program): Map<number, number> {
  const uses = new Map<number, number>();
  const read = [...program.nodes.flatMap(({ inputs }) => inputs), ...program.outputs.map(({ value }) => value)];
  for (const value of read) uses.set(value, (uses.get(value) ?? 0) + 1);
  return uses;
}

export function findGemmFusions(program: Program): GemmFusions {
  const uses = countUses(program);
  const shapes = new Map<number, Shape>();
  for (const { value, shape } of [...program.inputs, ...program.constants, ...program.nodes]) shapes.set(value, shape);
  const matrices = new Map<number, ProgramNode<'matmul'>>();
  for (const node of program.nodes) {
    const flat = node.inputs.every((input) => shapes.get(input)?.length === 2);
    if (node.primitive === 'matmul' && flat && uses.get(node.value) === 1) matrices.set(node.value, node);
  }
  const additions = new Map<number, GemmFusion>();
  const absorbed = new Set<number>();
  for (const { primitive, inputs, value } of program.nodes) {
    if (primitive !== 'add') continue;
    // The later operand is the better one to absorb: its addend is ready before it.
    const candidate = Math.max(...inputs);
    const product = matrices.get(candidate) ?? matrices.get(Math.min(...inputs));
    const addend = inputs.find((input) => input !== product?.value);
    if (!product || addend === undefined || !sameShape(shapes.get(addend) ?? [], product.shape)) continue;
    additions.set(value, { product, addend });
    absorbed.add(product.value);
  }
  return { additions, absorbed };
}
