/** ONNX export of a decoder, one graph per way of using it; `decoderToOnnx` chooses by name. */
import type { DecoderConfig } from '@preheat/contracts';
import { decodeGraph } from './decoder-onnx/decode-graph.js';
import { exchangeGraph } from './decoder-onnx/exchange-graph.js';
import { prefillGraph } from './decoder-onnx/prefill-graph.js';
import { scoreGraph } from './decoder-onnx/score-graph.js';
import type { TensorMap } from './tensor.js';

/** What a decoding graph does beside drawing tokens at a temperature: nothing, filter them, and report alternatives. */
export type DecodeForm = 'decode' | 'decode-filtered' | 'decode-top';

/**
 * `prefill` makes the caches of prompts and the forms of `decode` go on from them; the shared ones read the prompts'
 * columns once for all rows of a prompt. `exchange` is the graph for other programs: one step with the cache outside, in
 * the names transformers.js expects.
 */
export type DecoderGraphKind = 'prefill' | DecodeForm | `${DecodeForm}-shared` | 'score' | 'exchange';

/**
 * The bytes of an ONNX model of the decoder with its weights inside.
 * @throws TensorMismatchError when the tensors do not fit the config.
 */
export function decoderToOnnx(config: DecoderConfig, tensors: TensorMap, kind: DecoderGraphKind): Uint8Array {
  if (kind === 'score') return scoreGraph(config, tensors);
  if (kind === 'exchange') return exchangeGraph(config, tensors);
  if (kind === 'prefill') return prefillGraph(config, tensors);
  const hasAlternatives = kind.startsWith('decode-top');
  const isFiltered = hasAlternatives || kind.startsWith('decode-filtered');
  return decodeGraph(config, tensors, { isFiltered, hasAlternatives, isShared: kind.endsWith('-shared') });
}
