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
  const { config, adapterFloatsPerToken, microBatch, trained, recomputes = false } = request;
  const { head, layers } = decoderArchitecture(config);
  const tokens = microBatch.batch * microBatch.length;
  const isAdapter = adapterFloatsPerToken > 0;
  const table = config.vocab_size * config.hidden_size;
  // A table that is also the head has two gradients until they are added.
  const atTheEnd = trained + (head || isAdapter ? 0 : table) + tokens * config.hidden_size;
  const tables = isAdapter ? 0 : table * (head ? 2 : 1);
  const gradients = { head: isAdapter ? 0 : table, layer: (trained - tables) / layers.length };
  const between = recomputes ? recomputedFloats(request, tokens, gradients) : tokens * keptFloats(request);
  return Math.max(between, atTheEnd);
}

/**
 * Kept of one token by all layers, and by the head at the end of the forward pass; or, when that is gone and rows are long, by the
 * backward pass of attention in the last layer.
 */
const keptFloats = (request: ActivationRequest): number => {
  const inAttention = attentionBackwardFloats(request) - request.config.hidden_size;
  return allLayers(request).reduce((sum, layer) => sum + layer, Math.max(headFloats(request.config), inAttention));
};

/**
 * The inputs of all layers and what the head keeps; or one layer while it is computed again, the last one beside all inputs or the
 * first one beside the gradients of all others.
 */
function recomputedFloats(
  request: ActivationRequest,
  tokens: number,
  gradients: { readonly head: number; readonly layer: number },
): number {
  const { hidden_size: width } = request.config;
  const layers = allLayers(request);
  const inputs = tokens * width * layers.length;
  const largest = tokens * (Math.max(...layers) + ownBackwardFloats(request));
  const others = layers.length - 1;
  return Math.max(
    inputs + tokens * headFloats(request.config),
    inputs + largest + gradients.head,
    tokens * width + largest + gradients.head + others * gradients.layer,
  );
}

/** Of one token, beside what a layer keeps while its own backward pass runs: in the feed-forward part, or later in attention. */
function ownBackwardFloats(request: ActivationRequest): number {
  const { hidden_size: width, intermediate_size: inner } = request.config;
  // The gradient that comes and the one that is passed on; of an activation without a gate, its input's as well.
  return Math.max(2 * width + (isGated(request.config) ? 0 : inner), attentionBackwardFloats(request));
}

/** The gradient of a block's scores, when the feed-forward part is done with what it kept. */
function attentionBackwardFloats({ config, microBatch }: ActivationRequest): number {
  const { activation, layers } = decoderArchitecture(config);
  const scores = Math.max(...layers.map((layer) => attended(microBatch.length, layer).inLargest));
  return config.num_attention_heads * scores - feedForwardFloats(config, activation, isGated(config));
}

const isGated = (config: DecoderConfig): boolean => decoderArchitecture(config).layers.some(({ gate }) => gate);

const allLayers = ({ config, adapterFloatsPerToken, microBatch }: ActivationRequest): number[] => {
  const architecture = decoderArchitecture(config);
  return architecture.layers.map(
    (layer) => layerFloats(config, architecture, layer, microBatch.length) + adapterFloatsPerToken,
  );
};

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
  const scores = (layer.attention.softcap === null ? 1 : 2) * heads * scored + 2 * keyHeads * headDim * sliced;
  return stream + projections + scores + feedForwardFloats(config, activation, Boolean(layer.gate));
}

/**
 * Means over positions: keys that one is scored against, altogether and in the largest block, and copies of a key or value in
 * parts for blocks.
 */
function attended(
  length: number,
  { attention: { window } }: LayerArchitecture,
): Record<'scored' | 'inLargest' | 'sliced', number> {
  let [scored, inLargest, sliced] = [0, 0, 0];
  for (const { queries, keys } of causalBlocks(length, window ?? length)) {
    const width = keys[1] - keys[0];
    const scores = (queries[1] - queries[0]) * width;
    scored += scores;
    inLargest = Math.max(inLargest, scores);
    // The whole of the keys is no copy.
    if (width < length) sliced += width;
  }
  return { scored: scored / length, inLargest: inLargest / length, sliced: sliced / length };
}

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
