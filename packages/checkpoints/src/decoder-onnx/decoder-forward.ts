/**
 * One forward pass of a decoder as ONNX nodes, over new tokens and a key/value cache that grows by concatenation. The
 * same nodes serve prefill (many tokens, empty cache), decoding (one token) and scoring, so they cannot drift apart.
 * What a layer computes is `decoderArchitecture(config)`, as in training.
 *
 * Activations are kept two-dimensional, `[batch * tokens, width]`, except around attention; the reshapes are free.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { MICROSOFT_DOMAIN, type OnnxGraph, type Value } from '@preheat/graph/onnx';
import { attend, attendStep, type LayerCache, type Projected, type StepParts } from './decoder-attention.js';
import type { Columns } from './decoder-columns.js';
import { feedForward, linear, type Packed, softcap } from './decoder-linear.js';
import { addAndNormalise, normalise } from './decoder-norms.js';
import type { DecoderWeights, LayerWeights, NormWeights } from './decoder-weights.js';

export interface ForwardInput {
  /** int64 `[batch, tokens]`. */
  readonly tokenIds_BS: Value;
  /** Without a mask where there are `parts`. */
  readonly columns: StepColumns;
  /** Of every layer, the columns before the new tokens; with `parts`, only those of the growing part. */
  readonly past: readonly LayerCache[];
  /** The cache in parts, for one new token a row. */
  readonly parts?: StepParts;
  /** Default the weights: right for many tokens a row. */
  readonly packed?: Packed;
}

export interface ForwardOutput {
  /** `[batch * tokens, width]`, before the final norm. */
  readonly hidden: Value;
  /** Contribution of the last layer, still to be added to `hidden` (fused with the final norm by `headLogits`). */
  readonly residual: Value;
  readonly present: readonly LayerCache[];
}

/** The parts of a cache bring their own masks. */
type StepColumns = Columns | (Pick<Columns, 'positions_BS'> & { readonly mask_B1ST: null });

/** What every layer shares. */
interface Block {
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights;
  readonly columns: StepColumns;
  readonly parts: StepParts | undefined;
  readonly packed: Packed;
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
  const { columns, parts, packed = 'weights' } = input;
  const block = { config, weights, columns, parts, packed, foldShape };
  const { norm, activation } = weights.architecture;
  let hidden = embed(graph, weights, input);
  let residual: Value | undefined;
  const present = weights.layers.map((layer, index) => {
    const first = addAndNormalise(graph, hidden, residual, layer.inputNorm, norm);
    const attended = attention(graph, block, index, first.normed, input.past[index] as LayerCache);
    const added = normalise(graph, attended.output, layer.attentionOutputNorm, norm);
    const second = addAndNormalise(graph, first.sum, added, layer.feedForwardNorm, norm);
    hidden = second.sum;
    const fed = feedForward(graph, layer, activation, second.normed, packed);
    residual = normalise(graph, fed, layer.feedForwardOutputNorm, norm);
    return attended.present;
  });
  return { hidden, residual: residual as Value, present };
}

/** `[batch * tokens, width]`: rows of tokens, with their positions where those are learned. */
function embed(graph: OnnxGraph, weights: DecoderWeights, { tokenIds_BS, columns }: ForwardInput): Value {
  const flat = (ids: Value): Value => graph.op('Reshape', [ids, graph.int64([-1])]);
  const { embeddingScale: scale } = weights.architecture;
  const rows = graph.op('Gather', [weights.embedding, flat(tokenIds_BS)]);
  const scaled = scale === 1 ? rows : graph.op('Mul', [rows, graph.float32(scale)]);
  if (weights.positions === null) return scaled;
  return graph.op('Add', [scaled, graph.op('Gather', [weights.positions, flat(columns.positions_BS)])]);
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
  const { norm, finalSoftcap } = weights.architecture;
  const { normed } = addAndNormalise(graph, kept(hidden), kept(residual), weights.finalNorm, norm);
  return softcap(graph, linear(graph, normed, weights.head, input.packed ?? 'weights'), finalSoftcap);
}

function lastColumn(graph: OnnxGraph, config: DecoderConfig, input: ForwardInput, value: Value): Value {
  const batchAndTokens = graph.op('Shape', [input.tokenIds_BS]);
  const shape = graph.op('Concat', [batchAndTokens, graph.int64([config.hidden_size])], { axis: 0 });
  return graph.op('Gather', [graph.op('Reshape', [value, shape]), graph.int64(-1)], { axis: 1 });
}

/** Projections around the attention core: queries, keys and values by one product, and the output. */
function attention(
  graph: OnnxGraph,
  block: Block,
  index: number,
  normed: Value,
  past: LayerCache,
): { output: Value; present: LayerCache } {
  const { config, weights, columns, parts, packed } = block;
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: headDim } = config;
  const layer = weights.layers[index] as LayerWeights;
  const { scale, window, softcap: cap } = layer.architecture.attention;
  const stacked = linear(graph, normed, layer.queryKeyValue, packed);
  const shape = { heads, keyHeads, headDim, scale, softcap: cap, window };
  const { mixed, present } = parts
    ? attendStep(graph, shape, parts, index, projectOne(graph, block, layer, stacked), past)
    : attend(graph, shape, columns as Columns, projectMany(graph, block, layer, stacked), past);
  return { output: linear(graph, mixed, layer.output, packed), present };
}

/** Of every new token, `[batch, tokens, heads * headDim]`, rotated. */
function projectMany(graph: OnnxGraph, block: Block, layer: LayerWeights, stacked: Value): Projected {
  const { config, weights, columns, foldShape } = block;
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: headDim } = config;
  const folded = graph.op('Reshape', [stacked, foldShape]);
  const sizes = graph.int64([heads * headDim, keyHeads * headDim, keyHeads * headDim]);
  const [q, k, value] = graph.ops('Split', [folded, sizes], 3, { axis: -1 }) as [Value, Value, Value];
  const place = (states: Value, norm: NormWeights | null, count: number): Value =>
    rotate(graph, layer, columns, normaliseHeads(graph, weights, states, norm, [count, headDim]), count);
  return { query: place(q, layer.queryNorm, heads), key: place(k, layer.keyNorm, keyHeads), value };
}

/** Of one new token a row, `[batch, heads, 1, headDim]`, rotated: queries and keys in one pass where neither has a norm. */
function projectOne(graph: OnnxGraph, block: Block, layer: LayerWeights, stacked: Value): Projected {
  const { config, weights, columns } = block;
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, head_dim: headDim } = config;
  const split = (value: Value, ...sizes: number[]): Value[] =>
    graph.ops('Split', [value, graph.int64(sizes)], sizes.length, { axis: 1 });
  const byHead = graph.op('Reshape', [stacked, graph.int64([-1, heads + 2 * keyHeads, 1, headDim])]);
  if (layer.queryNorm === null && layer.keyNorm === null) {
    const [placed, value] = split(byHead, heads + keyHeads, keyHeads) as [Value, Value];
    const rotated = rotate(graph, layer, columns, placed, heads + keyHeads);
    const [query, key] = split(rotated, heads, keyHeads) as [Value, Value];
    return { query, key, value };
  }
  const [q, k, value] = split(byHead, heads, keyHeads, keyHeads) as [Value, Value, Value];
  const place = (states: Value, norm: NormWeights | null, count: number): Value =>
    rotate(graph, layer, columns, normalise(graph, states, norm, weights.architecture.norm), count);
  return { query: place(q, layer.queryNorm, heads), key: place(k, layer.keyNorm, keyHeads), value };
}

/** The norm of every head of `[batch, tokens, heads * headDim]` by itself. */
function normaliseHeads(
  graph: OnnxGraph,
  { architecture }: DecoderWeights,
  states: Value,
  norm: NormWeights | null,
  headsAndWidth: [number, number],
): Value {
  if (norm === null) return states;
  const byHead = graph.op('Reshape', [states, graph.int64([0, 0, ...headsAndWidth])]);
  return graph.op('Reshape', [normalise(graph, byHead, norm, architecture.norm), graph.int64([0, 0, -1])]);
}

/** RoPE in Hugging Face's layout, the first half of a head rotated against the second; heads in one axis or apart. */
function rotate(
  graph: OnnxGraph,
  { rotation }: LayerWeights,
  columns: StepColumns,
  value: Value,
  heads: number,
): Value {
  if (rotation === null) return value;
  const inputs = [value, columns.positions_BS, rotation.cosine, rotation.sine];
  return graph.op('RotaryEmbedding', inputs, { interleaved: 0, num_heads: heads }, { domain: MICROSOFT_DOMAIN });
}
