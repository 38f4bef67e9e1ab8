/**
 * The one list of a decoder's weights: names exactly as Hugging Face's LlamaForCausalLM stores them, with shapes.
 * Training, checkpoints and inference all read it, so they cannot disagree about what a model consists of.
 */
import type { DecoderConfig } from './model-config.js';

export interface TensorSpec {
  readonly name: string;
  /** Projections are `[out, in]`, as torch stores `nn.Linear.weight`. */
  readonly shape: readonly number[];
}

/** Every stored tensor of a decoder, embedding first, layers in order, head last (absent when tied). */
export function decoderTensors(config: DecoderConfig): TensorSpec[] {
  const { vocab_size: vocabulary, hidden_size: width, num_hidden_layers: layers } = config;
  return [
    { name: 'model.embed_tokens.weight', shape: [vocabulary, width] },
    ...Array.from({ length: layers }, (_, layer) => layerTensors(config, layer)).flat(),
    { name: 'model.norm.weight', shape: [width] },
    ...(config.tie_word_embeddings ? [] : [{ name: 'lm_head.weight', shape: [vocabulary, width] }]),
  ];
}

function layerTensors(config: DecoderConfig, layer: number): TensorSpec[] {
  const { hidden_size: width, intermediate_size: inner, head_dim: headDim } = config;
  const queryWidth = config.num_attention_heads * headDim;
  const keyWidth = config.num_key_value_heads * headDim;
  const prefix = `model.layers.${layer}`;
  return [
    { name: `${prefix}.input_layernorm.weight`, shape: [width] },
    { name: `${prefix}.self_attn.q_proj.weight`, shape: [queryWidth, width] },
    { name: `${prefix}.self_attn.k_proj.weight`, shape: [keyWidth, width] },
    { name: `${prefix}.self_attn.v_proj.weight`, shape: [keyWidth, width] },
    { name: `${prefix}.self_attn.o_proj.weight`, shape: [width, queryWidth] },
    { name: `${prefix}.post_attention_layernorm.weight`, shape: [width] },
    { name: `${prefix}.mlp.gate_proj.weight`, shape: [inner, width] },
    { name: `${prefix}.mlp.up_proj.weight`, shape: [inner, width] },
    { name: `${prefix}.mlp.down_proj.weight`, shape: [width, inner] },
  ];
}

/** Number of parameters a decoder of this shape stores. */
export function parameterCount(config: DecoderConfig): number {
  return decoderTensors(config).reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
