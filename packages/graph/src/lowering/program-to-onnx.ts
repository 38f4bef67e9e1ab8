// Encodes a program as an ONNX model whose inputs and outputs have the program's names and static shapes.

import { invariant } from '@preheat/contracts';
import { OnnxGraph } from '../onnx/index.js';
import type { ElementType } from '../onnx/index.js';
import type { DType } from '../value.js';
import type { Program, ProgramNode, TensorType } from '../program.js';
import { findGemmFusions } from './fuse-gemm.js';
import type { GemmFusion } from './fuse-gemm.js';
import { onnxLowerings } from './onnx-lowerings.js';
import type { LoweredOperand } from './onnx-lowerings.js';
import { StoredInput } from './stored-input.js';
import type { StoredInputs } from './stored-input.js';

const elementType: Record<DType, ElementType> = { f32: 'float32', i32: 'int32', bool: 'bool' };

/** The operands of a node, in order. */
type Resolve = (values: readonly number[]) => LoweredOperand[];

/** The bytes of a model for ONNX Runtime. Needs a runtime with the com.microsoft operators. */
export function programToOnnx(program: Program, storedInputs: StoredInputs = new Map()): Uint8Array {
  const graph = new OnnxGraph('program');
  const operands = new Map<number, LoweredOperand>();
  const define = (value: number, { dtype, shape }: TensorType, name: string) =>
    operands.set(value, { name, dtype, shape });
  const stored = new Map<number, StoredInput>();
  const resolve: Resolve = (values) => {
    const known = values.map((value) => operands.get(value));
    const other = known.find((operand) => operand?.dtype === 'f32');
    return values.map((value, index) => {
      const operand = known[index] ?? stored.get(value)?.widen(other);
      invariant(operand, `value ${value} is used before it is defined`);
      return operand;
    });
  };
  for (const input of program.inputs) {
    const storage = storedInputs.get(input.name);
    if (storage) stored.set(input.value, new StoredInput(graph, input, storage));
    else define(input.value, input, graph.input(input.name, elementType[input.dtype], input.shape));
  }
  for (const constant of program.constants) {
    const { dtype, shape, data } = constant;
    define(constant.value, constant, graph.constant({ elementType: elementType[dtype], shape, data }));
  }
  const { additions, absorbed } = findGemmFusions(program);
  for (const node of program.nodes) {
    if (absorbed.has(node.value)) continue;
    const fusion = additions.get(node.value);
    const table = node.primitive === 'gather' ? stored.get(node.inputs[0] ?? -1) : undefined;
    define(node.value, node, lower(graph, node, { fusion, table, resolve }));
  }
  for (const { name, value, dtype, shape } of program.outputs) {
    const [operand] = resolve([value]);
    invariant(operand, `output "${name}" has no value`);
    graph.output(name, operand.name, elementType[dtype], shape);
  }
  return graph.encode();
}

interface LowerOptions {
  /** The addition that the node is computed in. */
  readonly fusion: GemmFusion | undefined;
  /** What a gather reads its rows from, when that is stored. */
  readonly table: StoredInput | undefined;
  readonly resolve: Resolve;
}

function lower(graph: OnnxGraph, node: ProgramNode, { fusion, table, resolve }: LowerOptions): string {
  if (fusion) return lowerGemm(graph, fusion, resolve);
  const [ids] = table ? resolve(node.inputs.slice(1)) : [];
  return table && ids ? table.rows(ids) : lowerNode(graph, node, resolve);
}

function lowerNode(graph: OnnxGraph, node: ProgramNode, resolve: Resolve): string {
  const lowering = onnxLowerings[node.primitive] as (
    graph: OnnxGraph,
    node: ProgramNode,
    inputs: LoweredOperand[],
  ) => string;
  return lowering(graph, node, resolve(node.inputs));
}

function lowerGemm(graph: OnnxGraph, { product, addend }: GemmFusion, resolve: Resolve): string {
  const { transposeA, transposeB, scale } = product.attributes;
  const names = resolve([...product.inputs, addend]).map(({ name }) => name);
  return graph.op('Gemm', names, {
    transA: Number(transposeA),
    transB: Number(transposeB),
    alpha: { float: scale },
    beta: { float: 1 },
  });
}
