/**
 * Puts a decoder's weights into an ONNX graph as initialisers. Projections keep torch's `[out, in]` layout and are
 * read by `Gemm` with `transB`, so a weight goes into the file as it is; only query, key and value (and gate and up)
 * are stacked along their output axis, which is a plain copy. The values are named once and shared by every use,
 * prefill and loop body alike.
 */
import type { DecoderConfig } from '@preheat/contracts';
import type { OnnxGraph, Value } from '@preheat/graph/onnx';
import { assertDecoderTensors, type Tensor, type TensorMap } from '../tensor.js';

export interface LayerWeights {
  readonly inputNorm: Value;
  /** `[(heads + 2 * keyValueHeads) * headDim, width]`. */
  readonly queryKeyValue: Value;
  readonly output: Value;
  readonly postAttentionNorm: Value;
  readonly gate: Value;
  readonly up: Value;
  readonly down: Value;
}

export interface DecoderWeights {
  readonly embedding: Value;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: Value;
  /** `[vocabulary, width]`; the embedding itself when tied. */
  readonly head: Value;
  /** `[positions, headDim / 2]` tables of the rotation angles. */
  readonly cosine: Value;
  readonly sine: Value;
}

/** @throws TensorMismatchError when the tensors do not fit the config. */
export function addDecoderWeights(graph: OnnxGraph, config: DecoderConfig, tensors: TensorMap): DecoderWeights {
  assertDecoderTensors(config, tensors);
  const store = (name: string, tensor: Tensor): Value =>
    graph.initializer(name, { elementType: 'float32', shape: tensor.shape, data: tensor.data });
  const stored = (name: string): Value => store(name, tensors.get(name) as Tensor);
  const embedding = stored('model.embed_tokens.weight');
  return {
    embedding,
    layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => {
      const prefix = `model.layers.${layer}`;
      const projections = ['q', 'k', 'v'].map(
        (kind) => tensors.get(`${prefix}.self_attn.${kind}_proj.weight`) as Tensor,
      );
      return {
        inputNorm: stored(`${prefix}.input_layernorm.weight`),
        queryKeyValue: store(`${prefix}.self_attn.qkv_proj.weight`, stackRows(projections)),
        output: stored(`${prefix}.self_attn.o_proj.weight`),
        postAttentionNorm: stored(`${prefix}.post_attention_layernorm.weight`),
        gate: stored(`${prefix}.mlp.gate_proj.weight`),
        up: stored(`${prefix}.mlp.up_proj.weight`),
        down: stored(`${prefix}.mlp.down_proj.weight`),
      };
    }),
    finalNorm: stored('model.norm.weight'),
    head: config.tie_word_embeddings ? embedding : stored('lm_head.weight'),
    ...addRotationTables(graph, config),
  };
}

/** Rotation angle of position p and pair i is `p / theta^(2i / headDim)` (RoFormer, section 3.4.2). */
function addRotationTables(graph: OnnxGraph, config: DecoderConfig): { cosine: Value; sine: Value } {
  const pairs = config.head_dim / 2;
  const shape = [config.max_position_embeddings, pairs];
  const cosine = new Float32Array(config.max_position_embeddings * pairs);
  const sine = new Float32Array(cosine.length);
  for (let position = 0; position < config.max_position_embeddings; position++) {
    for (let pair = 0; pair < pairs; pair++) {
      const angle = position / (config as any).rope_theta ** (pair / pairs);
      cosine[position * pairs + pair] = Math.cos(angle);
      sine[position * pairs + pair] = Math.sin(angle);
    }
  }
  return {
    cosine: graph.initializer('rotary.cosine', { elementType: 'float32', shape, data: cosine }),
    sine: graph.initializer('rotary.sine', { elementType: 'float32', shape, data: sine }),
  };
}

function stackRows(matrices: readonly Tensor[]): Tensor {
  const columns = matrices[0]?.shape[1] ?? 0;
  const data = new Float32Array(matrices.reduce((sum, matrix) => sum + matrix.data.length, 0));
  let offset = 0;
  for (const matrix of matrices) {
    data.set(matrix.data, offset);
    offset += matrix.data.length;
  }
  return { shape: [data.length / columns, columns], data };
}
