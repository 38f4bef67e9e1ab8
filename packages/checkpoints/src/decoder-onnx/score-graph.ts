/** The scoring graph: log-probabilities of given tokens, by a forward pass over rows or over parts of them, without sampling. */
import type { DecoderConfig } from '@preheat/contracts';
import { OnnxGraph, type Value } from '@preheat/graph/onnx';
import type { LayerCache } from './decoder-attention.js';
import { cacheInputs, cacheOutputs, emptyCache } from './decoder-cache.js';
import { leftPaddedColumns } from './decoder-columns.js';
import { decoderForward, headLogits } from './decoder-forward.js';
import { addDecoderWeights, type WeightSource } from './decoder-weights.js';
import { pick, TOP_LOG_PROBS } from './token-choice.js';

export interface ScoreForm {
  /** Takes keys and values of columns before, and gives those of all: a long row is scored in parts. */
  readonly hasCaches: boolean;
  /** Reports the most probable tokens at every place. */
  readonly hasAlternatives: boolean;
}

/**
 * Model bytes. Inputs: `input_ids` int64 [B,S], padded on the right (attention is causal, so what follows a row cannot
 * change it), `targets` int64 [B,S], the token that follows each input, and `inverse_temperature` float32 scalar.
 * Outputs: `log_probs` float32 [B,S] of the targets, and `logits` float32 [B*S,V], computed anyway and copied only
 * when fetched. With caches, also the inputs and outputs of the prefill graph, without padding; with alternatives,
 * `top_log_probs` float32 and `top_ids` int64 [B*S,K], the best first.
 */
export function scoreGraph(
  config: DecoderConfig,
  weightsOf: (graph: OnnxGraph) => WeightSource,
  { hasCaches, hasAlternatives }: ScoreForm,
): Uint8Array {
  const graph = new OnnxGraph('score');
  const tokenIds_BS = graph.input('input_ids', 'int64', ['batch', 'tokens']);
  const targets_BS = graph.input('targets', 'int64', ['batch', 'tokens']);
  const inverseTemperature = graph.input('inverse_temperature', 'float32', []);
  const weights = addDecoderWeights(graph, config, weightsOf(graph));
  const batch = graph.op('Shape', [tokenIds_BS], { start: 0, end: 1 });
  const padLengths_B = graph.op('Expand', [graph.int64(0), batch]);
  const past = hasCaches ? cacheInputs(graph, config, 'past_columns') : emptyCache(graph, config, tokenIds_BS);
  const columns = leftPaddedColumns(graph, tokenIds_BS, padLengths_B, (past[0] as LayerCache).key);
  const input = { tokenIds_BS, columns, past };
  const output = decoderForward(graph, config, weights, input);
  const logits = headLogits(graph, config, weights, input, output, false);
  const logProbs = graph.op('LogSoftmax', [graph.op('Mul', [logits, inverseTemperature])], { axis: -1 });
  const picked = pick(graph, logProbs, graph.op('Reshape', [targets_BS, graph.int64([-1])]));
  const logProbs_BS = graph.op('Reshape', [picked, graph.op('Shape', [tokenIds_BS])]);
  graph.output('log_probs', logProbs_BS, 'float32', ['batch', 'tokens']);
  graph.output('logits', logits, 'float32', ['rows', config.vocab_size]);
  if (hasCaches) cacheOutputs(graph, config, output.present, 'present_columns');
  if (hasAlternatives) {
    const width = Math.min(TOP_LOG_PROBS, config.vocab_size);
    const [best, ids] = graph.ops('TopK', [logProbs, graph.int64([width])], 2, { axis: -1 }) as [Value, Value];
    graph.output('top_log_probs', best, 'float32', ['rows', width]);
    graph.output('top_ids', ids, 'int64', ['rows', width]);
  }
  return graph.encode();
}
