/** The scoring graph: log-probabilities of given tokens, by one forward pass over whole rows, without sampling. */
import type { DecoderConfig } from '@preheat/contracts';
import { OnnxGraph } from '@preheat/graph/onnx';
import type { LayerCache } from './decoder-attention.js';
import { emptyCache } from './decoder-cache.js';
import { leftPaddedColumns } from './decoder-columns.js';
import { decoderForward, headLogits } from './decoder-forward.js';
import { addDecoderWeights, type WeightSource } from './decoder-weights.js';
import { pick } from './token-choice.js';

/**
 * Model bytes. Inputs: `input_ids` int64 [B,S], padded on the right (attention is causal, so what follows a row cannot
 * change it), `targets` int64 [B,S], the token that follows each input, and `inverse_temperature` float32 scalar.
 * Outputs: `log_probs` float32 [B,S] of the targets, and `logits` float32 [B*S,V], computed anyway and copied only
 * when fetched.
 */
export function scoreGraph(config: DecoderConfig, weightsOf: (graph: OnnxGraph) => WeightSource): Uint8Array {
  const graph = new OnnxGraph('score');
  const tokenIds_BS = graph.input('input_ids', 'int64', ['batch', 'tokens']);
  const targets_BS = graph.input('targets', 'int64', ['batch', 'tokens']);
  const inverseTemperature = graph.input('inverse_temperature', 'float32', []);
  const weights = addDecoderWeights(graph, config, weightsOf(graph));
  const batch = graph.op('Shape', [tokenIds_BS], { start: 0, end: 1 });
  const padLengths_B = graph.op('Expand', [graph.int64(0), batch]);
  const past = emptyCache(graph, config, tokenIds_BS);
  const columns = leftPaddedColumns(graph, tokenIds_BS, padLengths_B, (past[0] as LayerCache).key);
  const input = { tokenIds_BS, columns, past };
  const output = decoderForward(graph, config, weights, input);
  const logits = headLogits(graph, config, weights, input, output, false);
  const logProbs = graph.op('LogSoftmax', [graph.op('Mul', [logits, inverseTemperature])], { axis: -1 });
  const picked = pick(graph, logProbs, graph.op('Reshape', [targets_BS, graph.int64([-1])]));
  const logProbs_BS = graph.op('Reshape', [picked, graph.op('Shape', [tokenIds_BS])]);
  graph.output('log_probs', logProbs_BS, 'float32', ['batch', 'tokens']);
  graph.output('logits', logits, 'float32', ['rows', config.vocab_size]);
  return graph.encode();
}
