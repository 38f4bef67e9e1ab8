/**
 * Projections and the functions around them as ONNX nodes.
 *
 * A product's right operand is packed before every use, unless it is a constant: x·Wᵀ packs the weights, W·xᵀ the rows.
 * A decoding step of some rows is faster with the second (see `MANY_ROWS`), for what it turns back is small.
 */
import type { DecoderArchitecture } from '@preheat/contracts';
import { MICROSOFT_DOMAIN, type OnnxGraph, type Value } from '@preheat/graph/onnx';
import type { LayerWeights, LinearWeights } from './decoder-weights.js';

const MICROSOFT = { domain: MICROSOFT_DOMAIN };

/** Which operand of a projection is packed: the weights, or the rows. Weights stored inputs first are packed anyway. */
export type Packed = 'weights' | 'rows';

/**
 * From this many rows on the rows are packed: with 32 of them the projections of a layer take 0.7 to 0.8 of the time, with
 * 128 as long, with fewer than 8 longer (one thread, AVX-512, widths 160 and 384).
 */
export const MANY_ROWS = 8;

/** `[rows, inputs]` to `[rows, outputs]`. What an adapter adds is computed apart: its product is never formed. */
export function linear(graph: OnnxGraph, x: Value, weights: LinearWeights, packed: Packed): Value {
  const { weight, bias, inputsFirst, update } = weights;
  if (packed === 'rows' && !inputsFirst) {
    const rowsFirst = turned(graph, product(graph, weights, x, true));
    return bias === null ? rowsFirst : graph.op('Add', [rowsFirst, bias]);
  }
  const whole = graph.op('Gemm', bias === null ? [x, weight] : [x, weight, bias], { transB: inputsFirst ? 0 : 1 });
  if (update === null) return whole;
  return graph.op('Gemm', [graph.op('Gemm', [x, update.a], { transB: 1 }), update.b, whole], { transB: 1 });
}

/** `[outputs, rows]` without the bias. @param rowsFirst whether x is `[rows, inputs]` rather than `[inputs, rows]`. */
function product(graph: OnnxGraph, { weight, update }: LinearWeights, x: Value, rowsFirst: boolean): Value {
  const transB = rowsFirst ? 1 : 0;
  const whole = graph.op('Gemm', [weight, x], { transB });
  return update === null ? whole : graph.op('Gemm', [update.b, graph.op('Gemm', [update.a, x], { transB }), whole]);
}

const turned = (graph: OnnxGraph, x: Value): Value => graph.op('Transpose', [x], { perm: [1, 0] });

/** Gated (SwiGLU, GeGLU; Shazeer 2020), down(activation(gate(x)) * up(x)), or plain, down(activation(up(x))). */
export function feedForward(
  graph: OnnxGraph,
  { gate, up, down }: LayerWeights,
  activation: DecoderArchitecture['activation'],
  x: Value,
  packed: Packed,
): Value {
  const isTurned = packed === 'rows' && [gate, up, down].every((each) => !each?.inputsFirst && !each?.bias);
  const into = (weights: LinearWeights): Value =>
    isTurned ? product(graph, weights, x, true) : linear(graph, x, weights, packed);
  const inner =
    gate === null
      ? activate(graph, into(up), activation)
      : graph.op('Mul', [activate(graph, into(gate), activation), into(up)]);
  return isTurned ? turned(graph, product(graph, down, inner, false)) : linear(graph, inner, down, packed);
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
