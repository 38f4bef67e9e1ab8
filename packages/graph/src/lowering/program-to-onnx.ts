// Encodes a program as an ONNX model whose inputs and outputs have the program's names and static shapes.

import { invariant } from '@preheat/contracts';
import { OnnxGraph } from '../onnx/index.js';
import type { ElementType } from '../onnx/index.js';
import type { DType } from '../value.js';
import type { Program, ProgramNode, TensorType } from '../program.js';
import { executionOrder } from './execution-order.js';
import { findGemmFusions } from './fuse-gemm.js';
import type { GemmFusion } from './fuse-gemm.js';
import { onnxLowerings } from './onnx-lowerings.js';
import type { LoweredOperand } from './onnx-lowerings.js';

const elementType: Record<DType, ElementType> = { f32: 'float32', i32: 'int32', bool: 'bool' };

type Resolve = (value: number) => LoweredOperand;

/** The bytes of a model for ONNX Runtime. Needs a runtime with the com.microsoft operators. */
export function programToOnnx(program: Program): Uint8Array {
  const graph = new OnnxGraph('program');
  const operands = new Map<number, LoweredOperand>();
  const define = (value: number, { dtype, shape }: TensorType, name: string) =>
    operands.set(value, { name, dtype, shape });
  const resolve: Resolve = (value) => {
    const operand = operands.get(value);
    invariant(operand, `value ${value} is used before it is defined`);
    return operand;
  };
  for (const input of program.inputs) {
    define(input.value, input, graph.input(input.name, elementType[input.dtype], input.shape));
  }
  for (const constant of program.constants) {
    const { dtype, shape, data } = constant;
    define(constant.value, constant, graph.constant({ elementType: elementType[dtype], shape, data }));
  }
  const { additions, absorbed } = findGemmFusions(program);
  for (const node of executionOrder(program)) {
    if (absorbed.has(node.value)) continue;
    const fusion = additions.get(node.value);
    define(node.value, node, fusion ? lowerGemm(graph, fusion, resolve) : lowerNode(graph, node, resolve));
  }
  for (const { name, value, dtype, shape } of program.outputs) {
    graph.output(name, resolve(value).name, elementType[dtype], shape);
  }
  return graph.encode();
}

function lowerNode(graph: OnnxGraph, node: ProgramNode, resolve: Resolve): string {
  const lowering = onnxLowerings[node.primitive] as (
    graph: OnnxGraph,
    node: ProgramNode,
    inputs: LoweredOperand[],
  ) => string;
  return lowering(graph, node, node.inputs.map(resolve));
}

function lowerGemm(graph: OnnxGraph, { product, addend }: GemmFusion, resolve: Resolve): string {
  const { transposeA, transposeB, scale } = product.attributes;
  const names = [...product.inputs, addend].map((value) => resolve(value).name);
  return graph.op('Gemm', names, {
    transA: Number(transposeA),
    transB: Number(transposeB),
    alpha: { float: scale },
    beta: { float: 1 },
  });
}
