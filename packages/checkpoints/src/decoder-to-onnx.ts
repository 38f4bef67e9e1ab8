/** ONNX export of a decoder, one graph per way of using it; `decoderToOnnx` chooses by name. */
import type { DecoderConfig } from '@preheat/contracts';
import type { TensorMap } from './tensor.js';
import { exchangeGraph } from './decoder-onnx/exchange-graph.js';
import { generateGraph } from './decoder-onnx/generate-graph.js';
import { scoreGraph } from './decoder-onnx/score-graph.js';

/**
 * `generate-top` is `generate` with the most probable alternatives of every token. `exchange` is the graph for other
 * programs: one step with the cache outside, in the names transformers.js expects.
 */
export type DecoderGraphKind = 'generate' | 'generate-top' | 'score' | 'exchange';

/**
 * The bytes of an ONNX model of the decoder with its weights inside.
 * @throws TensorMismatchError when the tensors do not fit the config.
 */
export function decoderToOnnx(config: DecoderConfig, tensors: TensorMap, kind: DecoderGraphKind): Uint8Array {
  if (kind === 'score') return scoreGraph(config, tensors);
  if (kind === 'exchange') return exchangeGraph(config, tensors);
  return generateGraph(config, tensors, { withTopLogProbs: kind === 'generate-top' });
}
