/**
 * The graph for other programs, loadable by transformers.js as `onnx/model.onnx`: one forward pass with the cache as
 * input and output, under the names Hugging Face's exporter uses. The mask is built in the graph from
 * `attention_mask`, so rows padded on either side are right.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { OnnxGraph } from '@preheat/graph/onnx';
import type { TensorMap } from '../tensor.js';
import { cacheShape } from './decoder-cache.js';
import { maskedColumns } from './decoder-columns.js';
import { decoderForward, headLogits } from './decoder-forward.js';
import { addDecoderWeights, storedWeights } from './decoder-weights.js';

/** transformers.js finds the batch axis by exactly this name. */
const BATCH = 'batch_size';

/**
 * Model bytes. Inputs: `input_ids`, `position_ids` int64 [B,S], `attention_mask` int64 [B,C+S],
 * `past_key_values.L.key|value` float32 [B,Hkv,C,D]. Outputs: `logits` float32 [B,S,V], `present.L.key|value`.
 */
export function exchangeGraph(config: DecoderConfig, tensors: TensorMap): Uint8Array {
  const graph = new OnnxGraph('decoder');
  const tokenIds_BS = graph.input('input_ids', 'int64', [BATCH, 'sequence_length']);
  const attentionMask_BT = graph.input('attention_mask', 'int64', [BATCH, 'total_sequence_length']);
  const positions_BS = graph.input('position_ids', 'int64', [BATCH, 'sequence_length']);
  const pastShape = cacheShape(config, 'past_sequence_length', BATCH);
  const past = Array.from({ length: config.num_hidden_layers }, (_, layer) => ({
    key: graph.input(`past_key_values.${layer}.key`, 'float32', pastShape),
    value: graph.input(`past_key_values.${layer}.value`, 'float32', pastShape),
  }));
  const weights = addDecoderWeights(graph, config, storedWeights(graph, config, tensors));
  const columns = maskedColumns(graph, tokenIds_BS, attentionMask_BT, positions_BS);
  const input = { tokenIds_BS, columns, past };
  const output = decoderForward(graph, config, weights, input);
  const logits = headLogits(graph, config, weights, input, output, false);
  const tail = graph.int64([config.vocab_size]);
  const shape = graph.op('Concat', [graph.op('Shape', [tokenIds_BS]), tail], { axis: 0 });
  const logits_BSV = graph.op('Reshape', [logits, shape]);
  graph.output('logits', logits_BSV, 'float32', [BATCH, 'sequence_length', config.vocab_size]);
  const presentShape = cacheShape(config, 'total_sequence_length', BATCH);
  output.present.forEach(({ key, value }, layer) => {
    graph.output(`present.${layer}.key`, key, 'float32', presentShape);
    graph.output(`present.${layer}.value`, value, 'float32', presentShape);
  });
  return graph.encode();
}
