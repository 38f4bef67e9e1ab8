/** ONNX graphs of a decoder, one per way of using it: files for other programs, and graphs for serving. */
import type { DecoderConfig } from '@preheat/contracts';
import { type CacheLayout, decodeGraph } from './decoder-onnx/decode-graph.js';
import { MANY_ROWS } from './decoder-onnx/decoder-linear.js';
import { storedWeights } from './decoder-onnx/decoder-weights.js';
import { exchangeGraph } from './decoder-onnx/exchange-graph.js';
import { prefillGraph } from './decoder-onnx/prefill-graph.js';
import { scoreGraph } from './decoder-onnx/score-graph.js';
import { adaptedInputs } from './served-adapter.js';
import { weightInputs } from './served-weights.js';
import type { TensorMap } from './tensor.js';

/** What a decoding graph does beside drawing tokens at a temperature: nothing, filter them, and report alternatives. */
export type DecodeForm = 'decode' | 'decode-filtered' | 'decode-top';

/** For how many rows a decoding graph is the faster one; it takes any number. */
export type RowCount = 'few' | 'many';

export const rowCount = (rows: number): RowCount => (rows < MANY_ROWS ? 'few' : 'many');

/**
 * `prefill` makes the caches of prompts and the forms of `decode` go on from them, in caches of each layout; `score` tells of given tokens
 * how probable they are, and `score-top` which others were most probable.
 */
export type ServingGraphKind = 'prefill' | `${DecodeForm}-${CacheLayout}-${RowCount}` | 'score' | 'score-top';

/**
 * The bytes of an ONNX model whose weights are inputs, named as `servedWeights` lists them, and as `servedAdapter` does
 * where it is `isAdapted`.
 */
export function servingGraph(config: DecoderConfig, kind: ServingGraphKind, isAdapted = false): Uint8Array {
  const inputs = isAdapted ? adaptedInputs : weightInputs;
  if (kind === 'score' || kind === 'score-top') {
    return scoreGraph(config, inputs, { hasCaches: true, hasAlternatives: kind === 'score-top' });
  }
  if (kind === 'prefill') return prefillGraph(config, inputs);
  const hasAlternatives = kind.startsWith('decode-top');
  const isFiltered = hasAlternatives || kind.startsWith('decode-filtered');
  const [layout, rows] = kind.split('-').slice(-2) as [CacheLayout, RowCount];
  const packed = rows === 'few' ? 'weights' : 'rows';
  return decodeGraph(config, inputs, { isFiltered, hasAlternatives, layout, packed });
}

/**
 * The bytes of an ONNX model with the weights inside. `exchange` is the graph for other programs: one step with the cache
 * outside, in the names transformers.js expects.
 * @throws TensorMismatchError when the tensors do not fit the config.
 */
export function decoderToOnnx(config: DecoderConfig, tensors: TensorMap, kind: 'score' | 'exchange'): Uint8Array {
  if (kind === 'exchange') return exchangeGraph(config, tensors);
  const form = { hasCaches: false, hasAlternatives: false };
  return scoreGraph(config, (graph) => storedWeights(graph, config, tensors), form);
}
