/**
 * One forward pass of a Llama decoder as ONNX nodes, over new tokens and a key/value cache that grows by
 * concatenation. The same nodes serve prefill (many tokens, empty cache), decoding (one token) and scoring, so they
 * cannot drift apart.
 *
 * Activations are kept two-dimensional, `[batch * tokens, width]`, except around attention; the reshapes are free.
 */
import { decoderArchitecture, type DecoderConfig } from '@preheat/contracts';
import { MICROSOFT_DOMAIN, type OnnxGraph, type Value } from '@preheat/graph/onnx';
import { attend, type LayerCache } from './decoder-attention.js';
import type { Columns } from './decoder-columns.js';
import type { DecoderWeights, LayerWeights } from './decoder-weights.js';

const MICROSOFT = { domain: MICROSOFT_DOMAIN };

export interface ForwardInput {
  /** int64 `[batch, tokens]`. */
  readonly tokenIds_BS: Value;
  readonly columns: Columns;
  readonly past: readonly LayerCache[];
}

export interface ForwardOutput {
  /** `[batch * tokens, width]`, before the final norm. */
  readonly hidden: Value;
  /** Contribution of the last layer, still to be added to `hidden` (fused with the final norm by `headLogits`). */
  readonly residual: Value;
  readonly present: readonly LayerCache[];
}

/** What every layer shares. */
interface Block {
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights;
  readonly columns: Columns;
  readonly foldShape: Value;
}

export function decoderForward(
  graph: OnnxGraph,
  config: DecoderConfig,
  weights: DecoderWeights,
  input: ForwardInput,
): ForwardOutput {
  // [batch, tokens, -1]: folds flat activations back into rows.
  const foldShape = graph.op('Concat', [graph.op('Shape', [input.tokenIds_BS]), graph.int64([-1])], { axis: 0 });
  const block = { config, weights, columns: input.columns, foldShape };
  const flatIds = graph.op('Reshape', [input.tokenIds_BS, graph.int64([-1])]);
  let hidden = graph.op('Gather', [weights.embedding, flatIds]);
  let residual: Value | undefined;
  const present = weights.layers.map((layer, index) => {
    const first = addAndNorm(graph, config, hidden, residual, layer.inputNorm);
    const attended = attention(graph, block, layer, first.normed, input.past[index] as LayerCache);
    const second = addAndNorm(graph, config, first.sum, attended.output, layer.postAttentionNorm);
    hidden = second.sum;
    residual = feedForward(graph, layer, second.normed);
    return attended.present;
  });
  return { hidden, residual: residual as Value, present };
}

/**
 * Logits `[batch * kept, vocabulary]`. With `lastOnly` only the last column of each row goes through the head, which
 * is each row's newest token because padding is on the left.
 */
export function headLogits(
  graph: OnnxGraph,
  config: DecoderConfig,
  weights: DecoderWeights,
  input: ForwardInput,
  { hidden, residual }: ForwardOutput,
  lastOnly: boolean,
): Value {
  const kept = (value: Value): Value => (lastOnly ? lastColumn(graph, config, input, value) : value);
  const { normed } = addAndNorm(graph, config, kept(hidden), kept(residual), weights.finalNorm);
  return graph.op('Gemm', [normed, weights.head], { transB: 1 });
}

function lastColumn(graph: OnnxGraph, config: DecoderConfig, input: ForwardInput, value: Value): Value {
  const batchAndTokens = graph.op('Shape', [input.tokenIds_BS]);
  const shape = graph.op('Concat', [batchAndTokens, graph.int64([config.hidden_size])], { axis: 0 });
  return graph.op('Gather', [graph.op('Reshape', [value, shape]), graph.int64(-1)], { axis: 1 });
}

/** RMSNorm (Zhang and Sennrich 2019), fused with the residual addition before it where there is one. */
function addAndNorm(
  graph: OnnxGraph,
  config: DecoderConfig,
  hidden: Value,
  residual: Value | undefined,
  weight: Value,
): { sum: Value; normed: Value } {
  const epsilon = { float: decoderArchitecture(config).norm.epsilon };
  if (residual === undefined) {
    const normed = graph.op('SimplifiedLayerNormalization', [hidden, weight], { axis: -1, epsilon, stash_type: 1 });
    return { sum: hidden, normed };
  }
  const inputs = [hidden, residual, weight];
  const outputs = graph.ops('SkipSimplifiedLayerNormalization', inputs, 4, { epsilon }, MICROSOFT);
  return { sum: outputs[3] as Value, normed: outputs[0] as Value };
}

/** Projections around the attention core: queries, keys and values by one product, and the output. */
function attention(
  graph: OnnxGraph,
  { config, weights, columns, foldShape }: Block,
  layer: LayerWeights,
  normed: Value,
  past: LayerCache,
): { output: Value; present: LayerCache } {
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: headDim } = config;
  const projected = graph.op('Gemm', [normed, layer.queryKeyValue], { transB: 1 });
  const folded = graph.op('Reshape', [projected, foldShape]);
  const sizes = graph.int64([heads * headDim, keyHeads * headDim, keyHeads * headDim]);
  const [q, k, v] = graph.ops('Split', [folded, sizes], 3, { axis: -1 }) as [Value, Value, Value];
  const query = rotate(graph, weights, columns, q, heads);
  const key = rotate(graph, weights, columns, k, keyHeads);
  const shape = { heads, keyHeads, headDim, scale: headDim ** -0.5 };
  const { mixed, present } = attend(graph, shape, columns, { query, key, value: v }, past);
  return { output: graph.op('Gemm', [mixed, layer.output], { transB: 1 }), present };
}

/** RoPE in Hugging Face's layout: the first half of a head is rotated against the second. */
function rotate(graph: OnnxGraph, weights: DecoderWeights, columns: Columns, value: Value, heads: number): Value {
  const inputs = [value, columns.positions_BS, weights.cosine, weights.sine];
  return graph.op('RotaryEmbedding', inputs, { interleaved: 0, num_heads: heads }, MICROSOFT);
}

/** SwiGLU (Shazeer 2020): down(silu(gate(x)) * up(x)). QuickGelu with alpha 1 is silu in one pass. */
function feedForward(graph: OnnxGraph, layer: LayerWeights, normed: Value): Value {
  const gate = graph.op('Gemm', [normed, layer.gate], { transB: 1 });
  const up = graph.op('Gemm', [normed, layer.up], { transB: 1 });
  const activated = graph.op('QuickGelu', [gate], { alpha: { float: 1 } }, MICROSOFT);
  return graph.op('Gemm', [graph.op('Mul', [activated, up]), layer.down], { transB: 1 });
}
