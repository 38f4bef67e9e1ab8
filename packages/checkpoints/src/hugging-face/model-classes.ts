/**
 * What Hugging Face's model classes assume: the defaults of their configs (a saved file may leave a key out), and the
 * keys they call differently from us. Read off transformers 5.18, `models/<family>/configuration_<family>.py`.
 */
import type { ModelType } from '@preheat/contracts';

/** A parsed `config.json`, nothing checked yet. */
export type Given = Readonly<Record<string, unknown>>;

export interface ModelClass {
  readonly architecture: string;
  /** Their name of a key to ours. */
  readonly renamed: Readonly<Record<string, string>>;
  readonly ropeTheta: number | null;
  /** Values of keys that are absent, by our names. */
  readonly defaults: (given: Given) => Given;
}

const headWidth = (given: Given): number => Number(given['hidden_size']) / Number(given['num_attention_heads']);

const rotary = (architecture: string, defaults: ModelClass['defaults']): ModelClass => ({
  architecture,
  renamed: {},
  ropeTheta: 10_000,
  defaults: (given) => ({
    num_key_value_heads: given['num_attention_heads'],
    head_dim: headWidth(given),
    rms_norm_eps: 1e-6,
    hidden_act: 'silu',
    tie_word_embeddings: false,
    bos_token_id: null,
    pad_token_id: null,
    ...defaults(given),
  }),
});

const qwen = {
  max_position_embeddings: 32_768,
  use_sliding_window: false,
  sliding_window: 4096,
  max_window_layers: 28,
};
const gemma = {
  head_dim: 256,
  hidden_act: 'gelu_pytorch_tanh',
  max_position_embeddings: 8192,
  tie_word_embeddings: true,
  attention_bias: false,
  pad_token_id: 0,
  eos_token_id: 1,
  bos_token_id: 2,
};
const gemma2 = {
  ...gemma,
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
  final_logit_softcapping: 30,
  attn_logit_softcapping: 50,
};

export const MODEL_CLASSES: Readonly<Record<ModelType, ModelClass>> = {
  llama: rotary('LlamaForCausalLM', () => ({
    max_position_embeddings: 2048,
    bos_token_id: 1,
    eos_token_id: 2,
    attention_bias: false,
    mlp_bias: false,
  })),
  mistral: rotary('MistralForCausalLM', () => ({
    num_key_value_heads: 8,
    max_position_embeddings: 131_072,
    sliding_window: 4096,
    bos_token_id: 1,
    eos_token_id: 2,
  })),
  qwen2: rotary('Qwen2ForCausalLM', () => ({ ...qwen, num_key_value_heads: 32 })),
  qwen3: rotary('Qwen3ForCausalLM', () => ({ ...qwen, num_key_value_heads: 32, head_dim: 128, attention_bias: false })),
  gemma: rotary('GemmaForCausalLM', () => ({ ...gemma, num_key_value_heads: 16 })),
  gemma2: rotary('Gemma2ForCausalLM', () => ({ ...gemma2, num_key_value_heads: 4 })),
  gemma3_text: {
    ...rotary('Gemma3ForCausalLM', () => ({
      ...gemma2,
      num_key_value_heads: 4,
      max_position_embeddings: 131_072,
      final_logit_softcapping: null,
      attn_logit_softcapping: null,
      sliding_window_pattern: 6,
    })),
    ropeTheta: 1_000_000,
  },
  gpt2: {
    architecture: 'GPT2LMHeadModel',
    renamed: {
      n_embd: 'hidden_size',
      n_inner: 'intermediate_size',
      n_layer: 'num_hidden_layers',
      n_head: 'num_attention_heads',
      n_positions: 'max_position_embeddings',
      activation_function: 'hidden_act',
    },
    ropeTheta: null,
    defaults: (given) => ({
      intermediate_size: 4 * Number(given['hidden_size']),
      num_key_value_heads: given['num_attention_heads'],
      head_dim: headWidth(given),
      max_position_embeddings: 1024,
      layer_norm_epsilon: 1e-5,
      hidden_act: 'gelu_new',
      scale_attn_weights: true,
      scale_attn_by_inverse_layer_idx: false,
      tie_word_embeddings: true,
      bos_token_id: 50_256,
      eos_token_id: 50_256,
      pad_token_id: null,
    }),
  },
};
