/**
 * Published models by the keys of their `config.json`, but for those without meaning to a decoder. Their published numbers
 * of parameters check tensors and defaults at once.
 */
import { parameterCount } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { readHuggingFaceConfig } from '../hugging-face-config.js';

const PUBLISHED: [string, number, object][] = [
  [
    'openai-community/gpt2',
    124_439_808,
    {
      ...{ activation_function: 'gelu_new', architectures: ['GPT2LMHeadModel'], attn_pdrop: 0.1, embd_pdrop: 0.1 },
      ...{ bos_token_id: 50256, eos_token_id: 50256, initializer_range: 0.02, layer_norm_epsilon: 1e-5 },
      ...{ model_type: 'gpt2', n_ctx: 1024, n_embd: 768, n_head: 12, n_layer: 12, n_positions: 1024 },
      ...{ resid_pdrop: 0.1, summary_activation: null, summary_type: 'cls_index', vocab_size: 50257 },
    },
  ],
  [
    'meta-llama/Llama-3.2-1B',
    1_235_814_400,
    {
      ...{ architectures: ['LlamaForCausalLM'], attention_bias: false, attention_dropout: 0, bos_token_id: 128000 },
      ...{ eos_token_id: [128001, 128008, 128009], head_dim: 64, hidden_act: 'silu', hidden_size: 2048 },
      ...{ intermediate_size: 8192, max_position_embeddings: 131072, mlp_bias: false, model_type: 'llama' },
      ...{ num_attention_heads: 32, num_hidden_layers: 16, num_key_value_heads: 8, pretraining_tp: 1 },
      rope_scaling: {
        ...{ factor: 32, high_freq_factor: 4, low_freq_factor: 1 },
        ...{ original_max_position_embeddings: 8192, rope_type: 'llama3' },
      },
      ...{ rms_norm_eps: 1e-5, rope_theta: 500000, tie_word_embeddings: true, use_cache: true, vocab_size: 128256 },
    },
  ],
  [
    'mistralai/Mistral-7B-v0.1',
    7_241_732_096,
    {
      ...{ architectures: ['MistralForCausalLM'], bos_token_id: 1, eos_token_id: 2, hidden_act: 'silu' },
      ...{ hidden_size: 4096, intermediate_size: 14336, max_position_embeddings: 32768, model_type: 'mistral' },
      ...{ num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 8, rms_norm_eps: 1e-5 },
      ...{ rope_theta: 10000, sliding_window: 4096, tie_word_embeddings: false, vocab_size: 32000 },
    },
  ],
  [
    'Qwen/Qwen2.5-0.5B',
    494_032_768,
    {
      ...{ architectures: ['Qwen2ForCausalLM'], attention_dropout: 0, bos_token_id: 151643, eos_token_id: 151643 },
      ...{ hidden_act: 'silu', hidden_size: 896, intermediate_size: 4864, max_position_embeddings: 32768 },
      ...{ max_window_layers: 24, model_type: 'qwen2', num_attention_heads: 14, num_hidden_layers: 24 },
      ...{ num_key_value_heads: 2, rms_norm_eps: 1e-6, rope_theta: 1000000, sliding_window: 32768 },
      ...{ tie_word_embeddings: true, use_mrope: false, use_sliding_window: false, vocab_size: 151936 },
    },
  ],
  [
    'Qwen/Qwen3-0.6B',
    596_049_920,
    {
      ...{ architectures: ['Qwen3ForCausalLM'], attention_bias: false, bos_token_id: 151643, eos_token_id: 151645 },
      ...{ head_dim: 128, hidden_act: 'silu', hidden_size: 1024, intermediate_size: 3072, model_type: 'qwen3' },
      ...{ max_position_embeddings: 40960, max_window_layers: 28, num_attention_heads: 16, num_hidden_layers: 28 },
      ...{ num_key_value_heads: 8, rms_norm_eps: 1e-6, rope_scaling: null, rope_theta: 1000000 },
      ...{ sliding_window: null, tie_word_embeddings: true, use_sliding_window: false, vocab_size: 151936 },
    },
  ],
  [
    'google/gemma-2b',
    2_506_172_416,
    {
      ...{
        architectures: ['GemmaForCausalLM'],
        attention_bias: false,
        bos_token_id: 2,
        eos_token_id: 1,
        head_dim: 256,
      },
      ...{ hidden_act: 'gelu', hidden_activation: null, hidden_size: 2048, intermediate_size: 16384 },
      ...{ max_position_embeddings: 8192, model_type: 'gemma', num_attention_heads: 8, num_hidden_layers: 18 },
      ...{ num_key_value_heads: 1, pad_token_id: 0, rms_norm_eps: 1e-6, rope_theta: 10000, vocab_size: 256000 },
    },
  ],
  [
    'google/gemma-2-2b',
    2_614_341_888,
    {
      ...{ architectures: ['Gemma2ForCausalLM'], attn_logit_softcapping: 50, bos_token_id: 2, eos_token_id: 1 },
      ...{ cache_implementation: 'hybrid', final_logit_softcapping: 30, head_dim: 256, hidden_size: 2304 },
      ...{ hidden_act: 'gelu_pytorch_tanh', hidden_activation: 'gelu_pytorch_tanh', intermediate_size: 9216 },
      ...{ max_position_embeddings: 8192, model_type: 'gemma2', num_attention_heads: 8, num_hidden_layers: 26 },
      ...{ num_key_value_heads: 4, pad_token_id: 0, query_pre_attn_scalar: 256, rms_norm_eps: 1e-6 },
      ...{ rope_theta: 10000, sliding_window: 4096, vocab_size: 256000 },
    },
  ],
  [
    'google/gemma-3-1b-pt',
    999_885_952,
    {
      ...{ architectures: ['Gemma3ForCausalLM'], attn_logit_softcapping: null, bos_token_id: 2, eos_token_id: 1 },
      ...{ cache_implementation: 'hybrid', final_logit_softcapping: null, head_dim: 256, hidden_size: 1152 },
      ...{ hidden_activation: 'gelu_pytorch_tanh', intermediate_size: 6912, max_position_embeddings: 32768 },
      ...{ model_type: 'gemma3_text', num_attention_heads: 4, num_hidden_layers: 26, num_key_value_heads: 1 },
      ...{ pad_token_id: 0, query_pre_attn_scalar: 256, rms_norm_eps: 1e-6, rope_local_base_freq: 10000 },
      ...{
        rope_scaling: null,
        rope_theta: 1000000,
        sliding_window: 512,
        sliding_window_pattern: 6,
        vocab_size: 262144,
      },
    },
  ],
];

describe('published configs', () => {
  it.each(PUBLISHED)('%s has the number of parameters its authors count', (_, parameters, config) => {
    const read = readHuggingFaceConfig(config);
    expect(read).toMatchObject({ ok: true });
    expect(read.ok && parameterCount(read.value)).toBe(parameters);
  });
});
