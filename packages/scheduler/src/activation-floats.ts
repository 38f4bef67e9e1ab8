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
  /** Whether layers are computed again in the backward pass instead of kept. Default: no. */
  readonly recomputes?: boolean;
}

export function activationFloats(request: ActivationRequest): number {
  const { config, adapterFloatsPerToken, microBatch, trained } = request;
  const { head } = decoderArchitecture(config);
  const tokens = microBatch.batch * microBatch.length;
  const isAdapter = adapterFloatsPerToken > 0;
  const table = config.vocab_size * config.hidden_size;
  // A table that is also the head has two gradients until they are added.
  const atTheEnd = trained + (head || isAdapter ? 0 : table) + tokens * config.hidden_size;
  const tables = isAdapter ? 0 : table * (head ? 2 : 1);
  const layers = allLayers(request);
  const gradients = { head: isAdapter ? 0 : table, layer: (trained - tables) / layers.length };
  const ahead = tokens * (headFloats(config) + layers.reduce((sum, { held }) => sum + held, 0));
  const inLayers = layers.map(({ working }, index) => {
    // What was held for the layers above is gone, and their gradients are there.
    const below = layers.slice(0, index + 1).reduce((sum, { held }) => sum + held, 0);
    return tokens * (below + working) + gradients.head + (layers.length - 1 - index) * gradients.layer;
  });
  return Math.max(ahead, ...inLayers, atTheEnd);
}

interface LayerFloats {
  /** What is held for a layer from the forward to the backward pass: all that it keeps, or its input where it is computed again. */
  readonly held: number;
  /** What its own backward pass takes beside that, at its worst moment. */
  readonly working: number;
}

/** Of one token. */
function allLayers({
  config,
  adapterFloatsPerToken,
  microBatch,
  recomputes = false,
}: ActivationRequest): LayerFloats[] {
  const architecture = decoderArchitecture(config);
  const { hidden_size: width, intermediate_size: inner } = config;
  return architecture.layers.map((layer) => {
    const kept = layerFloats(config, architecture, layer, microBatch.length) + adapterFloatsPerToken;
    const inAttention = attentionBackwardFloats(config, architecture, layer, microBatch.length);
    if (!recomputes) return { held: kept, working: inAttention - width };
    // The gradient that comes and the one that is passed on; of an activation without a gate, its input's as well.
    const inFeedForward = 2 * width + (layer.gate ? 0 : inner);
    return { held: width, working: kept + Math.max(inFeedForward, inAttention) };
  });
}

/** The gradient of a block's scores, when the feed-forward part and the blocks after it are done with what they kept. */
function attentionBackwardFloats(
  config: DecoderConfig,
  { activation }: DecoderArchitecture,
  layer: LayerArchitecture,
  length: number,
): number {
  const scores = config.num_attention_heads * attended(length, layer).inBackward;
  return scores - feedForwardFloats(config, activation, Boolean(layer.gate));
}

/** Kept of one token by one layer. */
function layerFloats(
  config: DecoderConfig,
  { activation }: DecoderArchitecture,
  layer: LayerArchitecture,
  length: number,
): number {
  const { hidden_size: width, head_dim: headDim } = config;
  const { num_attention_heads: heads, num_key_value_heads: keyHeads } = config;
  const outputNorms = (layer.attentionOutputNorm ? 1 : 0) + (layer.feedForwardOutputNorm ? 1 : 0);
  const headNorms = (layer.queryNorm ? heads : 0) + (layer.keyNorm ? keyHeads : 0);
  // Both norms keep their input, its normal form and a scale; so do those of outputs and heads.
  const stream = (4 + outputNorms) * width + 2 + outputNorms;
  const projections = (3 * heads + 2 * keyHeads + headNorms) * headDim + headNorms;
  const { scored, sliced } = attended(length, layer);
  const scores = keptScores(layer.attention.softcap) * heads * scored + 2 * keyHeads * headDim * sliced;
  return stream + projections + scores + feedForwardFloats(config, activation, Boolean(layer.gate));
}

/**
 * Means over positions: keys that one is scored against; what the backward pass of a block takes more than the blocks after it
 * have left, which go before it; and copies of a key or value in parts for blocks.
 */
function attended(
  length: number,
  { attention: { window, softcap } }: LayerArchitecture,
): Record<'scored' | 'inBackward' | 'sliced', number> {
  let [scored, inBackward, sliced] = [0, 0, 0];
  for (const { queries, keys } of causalBlocks(length, window ?? length).reverse()) {
    const width = keys[1] - keys[0];
    const scores = (queries[1] - queries[0]) * width;
    inBackward = Math.max(inBackward, scores - keptScores(softcap) * scored);
    scored += scores;
    // The whole of the keys is no copy.
    if (width < length) sliced += width;
  }
  return { scored: scored / length, inBackward: inBackward / length, sliced: sliced / length };
}

/** Of every score: its probability, and with a cap what it was before. */
const keptScores = (softcap: number | null): number => (softcap === null ? 1 : 2);

function feedForwardFloats(
  { intermediate_size: inner }: DecoderConfig,
  activation: DecoderArchitecture['activation'],
  isGated: boolean,
): number {
  const ungated = activation === 'relu' || activation === 'silu' ? 2 : 3;
  return ((isGated ? 2 : 0) + ungated) * inner;
}

/** Kept of one token by the final norm, the logits and their probabilities. */
const headFloats = (config: DecoderConfig): number =>
  (decoderArchitecture(config).finalSoftcap === null ? 2 : 3) * config.vocab_size + 2 * config.hidden_size + 3;
