/**
 * The prefill graph: keys and values of prompts, which decoding goes on from, behind those that are there already. It has no
 * head: nothing is drawn here.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { OnnxGraph } from '@preheat/graph/onnx';
import type { LayerCache } from './decoder-attention.js';
import { cacheInputs, cacheOutputs } from './decoder-cache.js';
import { leftPaddedColumns } from './decoder-columns.js';
import { decoderForward } from './decoder-forward.js';
import { addDecoderWeights, type WeightSource } from './decoder-weights.js';

/**
 * Model bytes. Inputs: `past.L.key|value` float32 [B,Hkv,C,D], none of them where C is 0, and `input_ids` int64 [B,S], together
 * padded on the left by `pads` int64 [B]. Outputs: `present.L.key|value` float32 [B,Hkv,C+S,D].
 */
export function prefillGraph(config: DecoderConfig, weightsOf: (graph: OnnxGraph) => WeightSource): Uint8Array {
  const graph = new OnnxGraph('prefill');
  const tokenIds_BS = graph.input('input_ids', 'int64', ['batch', 'tokens']);
  const pads_B = graph.input('pads', 'int64', ['batch']);
  const weights = addDecoderWeights(graph, config, weightsOf(graph));
  const past = cacheInputs(graph, config, 'past_columns');
  const columns = leftPaddedColumns(graph, tokenIds_BS, pads_B, (past[0] as LayerCache).key);
  const { present } = decoderForward(graph, config, weights, { tokenIds_BS, columns, past });
  cacheOutputs(graph, config, present, 'present_columns');
  return graph.encode();
}
