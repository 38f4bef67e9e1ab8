import { describe, expect, it } from 'vitest';
import { decoderTensors, parameterCount } from './decoder-tensors.js';
import { checkDecoderConfig, type DecoderConfig } from './model-config.js';

const CONFIG: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 64,
  hidden_size: 16,
  intermediate_size: 40,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  max_position_embeddings: 128,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: null,
};

describe('checkDecoderConfig', () => {
  it('accepts a Llama config with keys of its own', () => {
    const value = { ...CONFIG, architectures: ['LlamaForCausalLM'], hidden_act: 'silu' };
    expect(checkDecoderConfig(value)).toEqual({ ok: true, value });
  });

  it.each([
    [{ num_key_value_heads: 3 }, 'num_key_value_heads', 'must divide num_attention_heads (4), got 3'],
    [{ head_dim: 7 }, 'head_dim', 'must be even, got 7'],
    [{ eos_token_id: 64 }, 'eos_token_id', 'must be below vocab_size (64), got 64'],
  ])('names the number that does not fit the others: %j', (change, path, message) => {
    expect(checkDecoderConfig({ ...CONFIG, ...change })).toEqual({ ok: false, problems: [{ path, message }] });
  });

  it.each([{ attention_bias: true }, { rope_scaling: { rope_type: 'llama3' } }, { model_type: 'qwen2' }])(
    'refuses arithmetic it does not implement: %j',
    (change) => {
      const checked = checkDecoderConfig({ ...CONFIG, ...change });
      expect(checked.ok ? [] : checked.problems.map(({ path }) => path)).toContain(Object.keys(change)[0]);
    },
  );
});

describe('decoderTensors', () => {
  it('names and shapes tensors as LlamaForCausalLM does', () => {
    const tensors = decoderTensors(CONFIG);
    expect(tensors).toHaveLength(2 + 2 * 9);
    expect(tensors[0]).toEqual({ name: 'model.embed_tokens.weight', shape: [64, 16] });
    expect(tensors.at(-1)).toEqual({ name: 'model.norm.weight', shape: [16] });
    expect(tensors).toContainEqual({ name: 'model.layers.1.self_attn.k_proj.weight', shape: [16, 16] });
    expect(tensors).toContainEqual({ name: 'model.layers.0.self_attn.o_proj.weight', shape: [16, 32] });
    expect(tensors).toContainEqual({ name: 'model.layers.0.mlp.down_proj.weight', shape: [16, 40] });
  });

  it('adds the head only when it is not tied', () => {
    const untied = { ...CONFIG, tie_word_embeddings: false };
    expect(decoderTensors(untied).at(-1)).toEqual({ name: 'lm_head.weight', shape: [64, 16] });
    expect(parameterCount(untied) - parameterCount(CONFIG)).toBe(64 * 16);
  });
});
