/**
 * What a config means: every weight of a decoder by its role and every choice of arithmetic, family names gone. Training,
 * serving, checkpoints and exports read this alone, so a family is added here and nowhere else.
 */
import type { DecoderConfig, DecoderConfigOf } from './model-config.js';
import type { Rotary } from './rotary-tables.js';

/** A projection `x·Wᵀ + b`, stored under `<name>.weight` and, where it has one, `<name>.bias`. */
export interface LinearModule {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  /** The weight is stored [inputs, outputs] (GPT-2's Conv1D), not as torch's Linear does, [outputs, inputs]. */
  readonly inputsFirst: boolean;
}

/** A normalisation with `<name>.weight` [width] and, where it has one, `<name>.bias`. */
export interface NormModule {
  readonly name: string;
  readonly width: number;
  readonly bias: boolean;
}

/** A table of `rows` vectors, `<name>.weight` [rows, width]. */
export interface TableModule {
  readonly name: string;
  readonly rows: number;
  readonly width: number;
}

export interface NormStyle {
  readonly kind: 'rms' | 'layer';
  readonly epsilon: number;
  /** Added to the stored weight: Gemma stores the distance from one. */
  readonly weightOffset: 0 | 1;
}

export interface AttentionStyle {
  /** Multiplies the scores. */
  readonly scale: number;
  /** Positions a token sees, its own included; null for all before it. */
  readonly window: number | null;
  /** `cap · tanh(score / cap)` before the mask; null for none. */
  readonly softcap: number | null;
  /** Null where positions are learned and added to the embedding. */
  readonly rotary: Rotary | null;
}

export interface LayerArchitecture {
  readonly attention: AttentionStyle;
  readonly inputNorm: NormModule;
  /** Their outputs laid end to end are all queries, then all keys, then all values: three projections, or one. */
  readonly queryKeyValue: readonly LinearModule[];
  /** Of every head by itself, before the rotation. */
  readonly queryNorm?: NormModule;
  readonly keyNorm?: NormModule;
  readonly output: LinearModule;
  /** Of what attention adds to the stream (Gemma 2 and 3). */
  readonly attentionOutputNorm?: NormModule;
  readonly feedForwardNorm: NormModule;
  /** Present: down(activation(gate(x)) · up(x)); absent: down(activation(up(x))). */
  readonly gate?: LinearModule;
  readonly up: LinearModule;
  readonly down: LinearModule;
  /** Of what the feed-forward layer adds to the stream (Gemma 2 and 3). */
  readonly feedForwardOutputNorm?: NormModule;
}

export interface DecoderArchitecture {
  readonly embedding: TableModule;
  /** Multiplies the embedding of a token. */
  readonly embeddingScale: number;
  /** Learned positions, added to the embedding. */
  readonly positions?: TableModule;
  readonly norm: NormStyle;
  readonly activation: 'silu' | 'gelu' | 'geluTanh' | 'relu';
  readonly layers: readonly LayerArchitecture[];
  readonly finalNorm: NormModule;
  /** Absent when it is the embedding. */
  readonly head?: LinearModule;
  /** `cap · tanh(logit / cap)`; null for none. */
  readonly finalSoftcap: number | null;
}

/** Every projection of the layers, in order; the head is none of them. */
export function layerProjections(config: DecoderConfig): LinearModule[] {
  return decoderArchitecture(config).layers.flatMap(({ queryKeyValue, output, gate, up, down }) => [
    ...queryKeyValue,
    output,
    ...(gate ? [gate] : []),
    up,
    down,
  ]);
}

export function decoderArchitecture(config: DecoderConfig): DecoderArchitecture {
  return config.model_type === 'gpt2' ? gpt2(config) : rotaryDecoder(config);
}

type RotaryConfig = Exclude<DecoderConfig, { model_type: 'gpt2' }>;

const linear = (name: string, inputs: number, outputs: number, bias = false): LinearModule => ({
  name,
  inputs,
  outputs,
  bias,
  inputsFirst: false,
});

/** Llama and what descends from it, under the names of Hugging Face's LlamaForCausalLM. */
function rotaryDecoder(config: RotaryConfig): DecoderArchitecture {
  const { vocab_size: vocabulary, hidden_size: width } = config;
  const isGemma = ['gemma', 'gemma2', 'gemma3_text'].includes(config.model_type);
  return {
    embedding: { name: 'model.embed_tokens', rows: vocabulary, width },
    embeddingScale: isGemma ? Math.sqrt(width) : 1,
    norm: { kind: 'rms', epsilon: config.rms_norm_eps, weightOffset: isGemma ? 1 : 0 },
    activation: activationNamed(config.hidden_act ?? (isGemma ? 'gelu_pytorch_tanh' : 'silu')),
    layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => rotaryLayer(config, layer)),
    finalNorm: { name: 'model.norm', width, bias: false },
    ...(config.tie_word_embeddings ? {} : { head: linear('lm_head', width, vocabulary) }),
    finalSoftcap: 'final_logit_softcapping' in config ? config.final_logit_softcapping : null,
  };
}

function rotaryLayer(config: RotaryConfig, layer: number): LayerArchitecture {
  const { model_type: type, hidden_size: width, intermediate_size: inner, head_dim: headDim } = config;
  const queryWidth = config.num_attention_heads * headDim;
  const keyWidth = config.num_key_value_heads * headDim;
  const prefix = `model.layers.${layer}`;
  const attentionBias = 'attention_bias' in config && config.attention_bias === true;
  const inputBias = attentionBias || type === 'qwen2';
  const mlpBias = 'mlp_bias' in config && config.mlp_bias === true;
  const norm = (name: string, of = width): NormModule => ({ name: `${prefix}.${name}`, width: of, bias: false });
  const hasOutputNorms = type === 'gemma2' || type === 'gemma3_text';
  const hasHeadNorms = type === 'qwen3' || type === 'gemma3_text';
  return {
    attention: rotaryAttention(config, layer),
    inputNorm: norm('input_layernorm'),
    queryKeyValue: [
      linear(`${prefix}.self_attn.q_proj`, width, queryWidth, inputBias),
      linear(`${prefix}.self_attn.k_proj`, width, keyWidth, inputBias),
      linear(`${prefix}.self_attn.v_proj`, width, keyWidth, inputBias),
    ],
    ...(hasHeadNorms && { queryNorm: norm('self_attn.q_norm', headDim), keyNorm: norm('self_attn.k_norm', headDim) }),
    output: linear(`${prefix}.self_attn.o_proj`, queryWidth, width, attentionBias),
    ...(hasOutputNorms && { attentionOutputNorm: norm('post_attention_layernorm') }),
    feedForwardNorm: norm(hasOutputNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'),
    gate: linear(`${prefix}.mlp.gate_proj`, width, inner, mlpBias),
    up: linear(`${prefix}.mlp.up_proj`, width, inner, mlpBias),
    down: linear(`${prefix}.mlp.down_proj`, inner, width, mlpBias),
    ...(hasOutputNorms && { feedForwardOutputNorm: norm('post_feedforward_layernorm') }),
  };
}

function rotaryAttention(config: RotaryConfig, layer: number): AttentionStyle {
  const isSliding = 'layer_types' in config ? config.layer_types[layer] === 'sliding_attention' : true;
  const isLocal = isSliding && config.model_type === 'gemma3_text';
  return {
    scale: ('query_pre_attn_scalar' in config ? config.query_pre_attn_scalar : config.head_dim) ** -0.5,
    window: isSliding && 'sliding_window' in config ? config.sliding_window : null,
    softcap: 'attn_logit_softcapping' in config ? config.attn_logit_softcapping : null,
    rotary: isLocal
      ? { theta: config.rope_local_base_freq, scaling: null }
      : { theta: config.rope_theta, scaling: config.rope_scaling ?? null },
  };
}

/** Under the names of Hugging Face's GPT2LMHeadModel. */
function gpt2(config: DecoderConfigOf<'gpt2'>): DecoderArchitecture {
  const { vocab_size: vocabulary, hidden_size: width } = config;
  return {
    embedding: { name: 'transformer.wte', rows: vocabulary, width },
    embeddingScale: 1,
    positions: { name: 'transformer.wpe', rows: config.max_position_embeddings, width },
    norm: { kind: 'layer', epsilon: config.layer_norm_epsilon, weightOffset: 0 },
    activation: activationNamed(config.hidden_act ?? 'gelu_new'),
    layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => gpt2Layer(config, layer)),
    finalNorm: { name: 'transformer.ln_f', width, bias: true },
    ...(config.tie_word_embeddings ? {} : { head: linear('lm_head', width, vocabulary) }),
    finalSoftcap: null,
  };
}

function gpt2Layer(config: DecoderConfigOf<'gpt2'>, layer: number): LayerArchitecture {
  const { hidden_size: width, intermediate_size: inner } = config;
  const prefix = `transformer.h.${layer}`;
  const conv1d = (name: string, inputs: number, outputs: number): LinearModule => ({
    ...linear(`${prefix}.${name}`, inputs, outputs, true),
    inputsFirst: true,
  });
  const scale = (config.scale_attn_weights ?? true) ? config.head_dim ** -0.5 : 1;
  const divisor = config.scale_attn_by_inverse_layer_idx ? layer + 1 : 1;
  return {
    attention: { scale: scale / divisor, window: null, softcap: null, rotary: null },
    inputNorm: { name: `${prefix}.ln_1`, width, bias: true },
    queryKeyValue: [conv1d('attn.c_attn', width, 3 * width)],
    output: conv1d('attn.c_proj', width, width),
    feedForwardNorm: { name: `${prefix}.ln_2`, width, bias: true },
    up: conv1d('mlp.c_fc', width, inner),
    down: conv1d('mlp.c_proj', inner, width),
  };
}

function activationNamed(name: NonNullable<DecoderConfig['hidden_act']>): DecoderArchitecture['activation'] {
  return name === 'gelu_new' || name === 'gelu_pytorch_tanh' ? 'geluTanh' : name;
}
