/**
 * The decoder-only language model, in the arithmetic of Hugging Face's LlamaForCausalLM: pre-norm RMSNorm, rotary
 * grouped-query attention, SwiGLU, no biases. Parameter names and shapes are exactly `decoderTensors(config)`, so
 * weights move between training, checkpoints and inference without a mapping.
 */
import { type DecoderConfig, decoderTensors, invariant } from '@preheat/contracts';
import { blocks, type GraphBuilder, ops, type Value } from '@preheat/graph';

/** The weights of a decoder as graph parameters, by name. */
export type DecoderParameters = ReadonlyMap<string, Value>;

/** Declares every weight of the decoder as a trainable parameter of `graph`. */
export function declareDecoder(graph: GraphBuilder, config: DecoderConfig): DecoderParameters {
  return new Map(decoderTensors(config).map(({ name, shape }) => [name, graph.parameter(name, shape)]));
}

/**
 * Next-token logits: tokens [B, T] → [B·T, V], row b·T + t predicting token t + 1 of sequence b. Attention is causal, so
 * padding at the end of a sequence changes nothing before it.
 */
export function decoderLogits(parameters: DecoderParameters, config: DecoderConfig, tokens_BT: Value): Value {
  const embedding_VD = weightNamed(parameters, 'model.embed_tokens');
  const [batch = 1, length = 1] = tokens_BT.shape;
  let x_ND = ops.reshape(ops.gather(embedding_VD, tokens_BT), [batch * length, config.hidden_size]);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const weight: Weight = (name) => weightNamed(parameters, `model.layers.${layer}.${name}`);
    const attended_ND = norm(x_ND, weight('input_layernorm'), config);
    x_ND = ops.add(x_ND, selfAttention(attended_ND, weight, config, [batch, length]));
    x_ND = ops.add(x_ND, feedForward(norm(x_ND, weight('post_attention_layernorm'), config), weight));
  }
  const head_VD = config.tie_word_embeddings ? embedding_VD : weightNamed(parameters, 'lm_head');
  return linear(norm(x_ND, weightNamed(parameters, 'model.norm'), config), head_VD);
}

type Weight = (name: string) => Value;

function weightNamed(parameters: DecoderParameters, name: string): Value {
  const value = parameters.get(`${name}.weight`);
  invariant(value, `the decoder has no tensor ${name}.weight`);
  return value;
}

const norm = (x: Value, weight: Value, config: DecoderConfig): Value => blocks.rmsNorm(x, weight, config.rms_norm_eps);

/** `weight` is [out, in]. */
const linear = (x: Value, weight: Value): Value => ops.matmul(x, weight, { transposeB: true });

function selfAttention(x_ND: Value, weight: Weight, config: DecoderConfig, [batch, length]: [number, number]): Value {
  const { head_dim: headDim, num_attention_heads: heads, rope_theta: theta } = config;
  const project = (name: string): Value => {
    const states_BTHC = ops.reshape(linear(x_ND, weight(`self_attn.${name}`)), [batch, length, -1, headDim]);
    return ops.transpose(states_BTHC, [0, 2, 1, 3]);
  };
  const query_BHTC = blocks.rotaryEmbedding(project('q_proj'), theta);
  const key_BKTC = blocks.rotaryEmbedding(project('k_proj'), theta);
  const mixed_BHTC = blocks.causalAttention(query_BHTC, key_BKTC, project('v_proj'));
  const mixed_ND = ops.reshape(ops.transpose(mixed_BHTC, [0, 2, 1, 3]), [batch * length, heads * headDim]);
  return linear(mixed_ND, weight('self_attn.o_proj'));
}

/** SwiGLU (Shazeer 2020): down(silu(gate(x)) · up(x)). */
function feedForward(x_ND: Value, weight: Weight): Value {
  const gate = blocks.silu(linear(x_ND, weight('mlp.gate_proj')));
  return linear(ops.mul(gate, linear(x_ND, weight('mlp.up_proj'))), weight('mlp.down_proj'));
}
