/** Projections and the functions around them as ONNX nodes. */
import type { DecoderArchitecture } from '@preheat/contracts';
import { MICROSOFT_DOMAIN, type OnnxGraph, type Value } from '@preheat/graph/onnx';
import type { LayerWeights, LinearWeights } from './decoder-weights.js';

const MICROSOFT = { domain: MICROSOFT_DOMAIN };

/** `[rows, inputs]` to `[rows, outputs]`. What an adapter adds is computed apart: its product is never formed. */
export function linear(graph: OnnxGraph, x: Value, { weight, bias, inputsFirst, update }: LinearWeights): Value {
  const product = graph.op('Gemm', bias === null ? [x, weight] : [x, weight, bias], { transB: inputsFirst ? 0 : 1 });
  if (update === null) return product;
  return graph.op('Gemm', [graph.op('Gemm', [x, update.a], { transB: 1 }), update.b, product], { transB: 1 });
}

/** Gated (SwiGLU, GeGLU; Shazeer 2020), down(activation(gate(x)) * up(x)), or plain, down(activation(up(x))). */
export function feedForward(
  graph: OnnxGraph,
  { gate, up, down }: LayerWeights,
  activation: DecoderArchitecture['activation'],
  x: Value,
): Value {
  if (gate === null) return linear(graph, activate(graph, linear(graph, x, up), activation), down);
  const activated = activate(graph, linear(graph, x, gate), activation);
  return linear(graph, graph.op('Mul', [activated, linear(graph, x, up)]), down);
}

/** Each in one pass over memory: QuickGelu with alpha 1 is silu. */
function activate(graph: OnnxGraph, x: Value, activation: DecoderArchitecture['activation']): Value {
  if (activation === 'silu') return graph.op('QuickGelu', [x], { alpha: { float: 1 } }, MICROSOFT);
  if (activation === 'geluTanh') return graph.op('FastGelu', [x], {}, MICROSOFT);
  if (activation === 'gelu') return graph.op('Gelu', [x], {}, MICROSOFT);
  return graph.op('Relu', [x]);
}

/** `cap * tanh(x / cap)`; x itself for null. */
export function softcap(graph: OnnxGraph, x: Value, cap: number | null): Value {
  if (cap === null) return x;
  const bounded = graph.op('Tanh', [graph.op('Mul', [x, graph.float32(1 / cap)])]);
  return graph.op('Mul', [bounded, graph.float32(cap)]);
}
