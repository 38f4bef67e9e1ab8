import type { DecoderConfig } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { freshDecoder } from './fresh-decoder.js';

const config = {
  model_type: 'llama',
  vocab_size: 50,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  max_position_embeddings: 32,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
} satisfies DecoderConfig;

const std = (data: Float32Array) => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);

describe('fresh decoder', () => {
  it('is the same for the same seed and another for another', () => {
    const name = 'model.layers.1.mlp.up_proj.weight';
    expect(freshDecoder(config, 7).get(name)?.data).toEqual(freshDecoder(config, 7).get(name)?.data);
    expect(freshDecoder(config, 7).get(name)?.data).not.toEqual(freshDecoder(config, 8).get(name)?.data);
  });

  it('gives a tensor the same values whatever else the model contains', () => {
    const deeper = { ...config, num_hidden_layers: 3 };
    const name = 'model.layers.0.self_attn.q_proj.weight';
    expect(freshDecoder(deeper, 7).get(name)?.data).toEqual(freshDecoder(config, 7).get(name)?.data);
  });

  it('has norms of one, matrices of std 0.02 and smaller residual writers', () => {
    const tensors = freshDecoder(config, 7);
    expect(tensors.get('model.norm.weight')?.data.every((x) => x === 1)).toBe(true);
    expect(std(tensors.get('model.layers.0.mlp.gate_proj.weight')?.data as Float32Array)).toBeCloseTo(0.02, 3);
    expect(std(tensors.get('model.layers.0.mlp.down_proj.weight')?.data as Float32Array)).toBeCloseTo(0.01, 3);
  });

  it('starts norms as the identity and biases at zero, whatever a family stores', () => {
    const { rope_theta, rms_norm_eps, ...sizes } = config;
    const gpt2 = { ...sizes, model_type: 'gpt2', num_key_value_heads: 4, layer_norm_epsilon: 1e-5 } as const;
    const made = freshDecoder(gpt2, 7);
    expect(made.get('transformer.ln_f.weight')?.data.every((x) => x === 1)).toBe(true);
    expect(made.get('transformer.h.0.attn.c_attn.bias')?.data.every((x) => x === 0)).toBe(true);
    expect(std(made.get('transformer.h.0.attn.c_proj.weight')?.data as Float32Array)).toBeCloseTo(0.01, 3);
    const gemma = freshDecoder({ ...sizes, model_type: 'gemma', rope_theta, rms_norm_eps }, 7);
    expect(gemma.get('model.norm.weight')?.data.every((x) => x === 0)).toBe(true);
  });
});
