/**
 * Numbers that a training pass of a decoder holds at its worst moment, in closed form: what the forward pass keeps for the
 * backward pass, at its end, or the gradients when they are all there. Counted in the graph that packages/nn builds; a test
 * (tests/numerics) holds the formula to that graph for every family, so a change of the model is noticed there.
 */
import {
  causalBlocks,
  decoderArchitecture,
  type DecoderArchitecture,
  type DecoderConfig,
  type LayerArchitecture,
} from '@preheat/contracts';

/** A micro-batch: rows, and predicted positions of each. */
export interface MicroBatchShape {
  readonly batch: number;
  readonly length: number;
}

export interface ActivationRequest {
  readonly config: DecoderConfig;
  /** Of an adapter, where one is trained: its rank times the projections it changes, in a layer. */
  readonly adapterFloatsPerToken: number;
  readonly microBatch: MicroBatchShape;
  /** Numbers that are trained. */
  readonly trained: number;
}

export function activationFloats({ config, adapterFloatsPerToken, microBatch, trained }: ActivationRequest): number {
  const architecture = decoderArchitecture(config);
  const { batch, length } = microBatch;
  const perToken = architecture.layers.reduce(
    (sum, layer) => sum + layerFloats(config, architecture, layer, length) + adapterFloatsPerToken,
    headFloats(config, architecture),
  );
  // A table that is also the head has two gradients until they are added.
  const secondGradient = architecture.head || adapterFloatsPerToken > 0 ? 0 : config.vocab_size * config.hidden_size;
  const atTheEnd = trained + secondGradient + batch * length * config.hidden_size;
  return Math.max(batch * length * perToken, atTheEnd);
}

/** Kept of one token by one layer. */
function layerFloats(
  config: DecoderConfig,
  { activation }: DecoderArchitecture,
  layer: LayerArchitecture,
  length: number,
): number {
  const { hidden_size: width, intermediate_size: inner, head_dim: headDim } = config;
  const { num_attention_heads: heads, num_key_value_heads: keyHeads } = config;
  const outputNorms = (layer.attentionOutputNorm ? 1 : 0) + (layer.feedForwardOutputNorm ? 1 : 0);
  const headNorms = (layer.queryNorm ? heads : 0) + (layer.keyNorm ? keyHeads : 0);
  const ungated = activation === 'relu' || activation === 'silu' ? 2 : 3;
  // Both norms keep their input, its normal form and a scale; so do those of outputs and heads.
  const stream = (4 + outputNorms) * width + 2 + outputNorms;
  const projections = (3 * heads + 2 * keyHeads + headNorms) * headDim + headNorms;
  const { scored, sliced } = attended(length, layer.attention.window ?? length);
  const scores = (layer.attention.softcap === null ? 1 : 2) * heads * scored;
  return stream + projections + scores + 2 * keyHeads * headDim * sliced + ((layer.gate ? 2 : 0) + ungated) * inner;
}

/** Keys that a position is scored against, and copies of a key or value in parts of blocks; means over positions. */
function attended(length: number, window: number): { scored: number; sliced: number } {
  const blocks = causalBlocks(length, window);
  let [scored, sliced] = [0, 0];
  for (const { queries, keys } of blocks) {
    const width = keys[1] - keys[0];
    scored += (queries[1] - queries[0]) * width;
    // The whole of the keys is no copy.
    if (width < length) sliced += width;
  }
  return { scored: scored / length, sliced: sliced / length };
}

/** Kept of one token by the final norm, the logits and their probabilities. */
const headFloats = (config: DecoderConfig, { finalSoftcap }: DecoderArchitecture): number =>
  (finalSoftcap === null ? 2 : 3) * config.vocab_size + 2 * config.hidden_size + 3;
