import { describe, expect, it } from 'vitest';
import { decoderTensors, parameterCount } from './decoder-tensors.js';
import { checkDecoderConfig, type DecoderConfigOf, endTokenIds, MODEL_TYPES } from './model-config.js';

const CONFIG: DecoderConfigOf<'llama'> = {
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

const { rope_theta: _theta, rms_norm_eps: _epsilon, ...sizes } = CONFIG;
const GPT2: DecoderConfigOf<'gpt2'> = {
  ...sizes,
  model_type: 'gpt2',
  num_key_value_heads: 4,
  head_dim: 4,
  layer_norm_epsilon: 1e-5,
};

describe('endTokenIds', () => {
  it('lists the end token first, then the others of the file', () => {
    expect(endTokenIds(CONFIG)).toEqual([2]);
    expect(endTokenIds({ ...CONFIG, other_eos_token_ids: [5] })).toEqual([2, 5]);
  });
});

describe('checkDecoderConfig', () => {
  it('accepts a Llama config of the keys that the first bundles had', () => {
    const value = { ...CONFIG, hidden_act: 'silu', attention_bias: false, mlp_bias: false, rope_scaling: null };
    expect(checkDecoderConfig(value)).toEqual({ ok: true, value });
  });

  it.each([
    [{ num_key_value_heads: 3 }, 'num_key_value_heads', 'must divide num_attention_heads (4), got 3'],
    [{ head_dim: 7 }, 'head_dim', 'must be even, got 7'],
    [{ eos_token_id: 64 }, 'eos_token_id', 'must be below vocab_size (64), got 64'],
  ])('names the number that does not fit the others: %j', (change, path, message) => {
    expect(checkDecoderConfig({ ...CONFIG, ...change })).toEqual({ ok: false, problems: [{ path, message }] });
  });

  it.each([
    [{ architectures: ['LlamaForCausalLM'] }, 'architectures is not a known key'],
    [{ sliding_window: 4 }, 'sliding_window is not a known key'],
    [{ model_type: 'falcon' }, `model_type must be one of ${JSON.stringify(MODEL_TYPES)}, got "falcon"`],
    [
      { rope_scaling: { rope_type: 'su' } },
      'rope_scaling.rope_type must be one of ["linear","dynamic","llama3","yarn"], got "su"',
    ],
    [{ rope_scaling: { rope_type: 'linear', factor: 0.5 } }, 'rope_scaling.factor must be >= 1'],
  ])('refuses arithmetic it does not know: %j', (change, problem) => {
    const checked = checkDecoderConfig({ ...CONFIG, ...change });
    expect(checked.ok ? [] : checked.problems.map(({ path, message }) => `${path} ${message}`)).toContain(problem);
  });

  it('wants one kind of attention a layer, and a window where one slides', () => {
    const qwen = { ...CONFIG, model_type: 'qwen2', sliding_window: null, layer_types: ['full_attention'] };
    const paths = (value: object) => {
      const checked = checkDecoderConfig(value);
      return checked.ok ? [] : checked.problems.map(({ path }) => path);
    };
    expect(paths(qwen)).toEqual(['layer_types']);
    expect(paths({ ...qwen, layer_types: ['full_attention', 'sliding_attention'] })).toEqual(['sliding_window']);
    expect(paths({ ...qwen, layer_types: ['full_attention', 'full_attention'] })).toEqual([]);
  });
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

  it('names the layers of GPT-2 as GPT2LMHeadModel does, inputs first and queries, keys and values in one', () => {
    const tensors = decoderTensors(GPT2);
    expect(tensors.map(({ name }) => name).slice(0, 4)).toEqual([
      'transformer.wte.weight',
      'transformer.wpe.weight',
      'transformer.h.0.ln_1.weight',
      'transformer.h.0.ln_1.bias',
    ]);
    expect(tensors).toContainEqual({ name: 'transformer.h.0.attn.c_attn.weight', shape: [16, 48] });
    expect(tensors).toContainEqual({ name: 'transformer.h.0.attn.c_attn.bias', shape: [48] });
    expect(tensors).toContainEqual({ name: 'transformer.h.0.mlp.c_proj.weight', shape: [40, 16] });
    // GPT-2's own count, 12·D² and 13·D a layer, with a feed-forward layer of 40 instead of 64.
    const layer = 4 * 16 * 16 + 2 * 16 * 40 + (4 + 4 + 1) * 16 + 40;
    expect(parameterCount(GPT2)).toBe(64 * 16 + 128 * 16 + 2 * layer + 2 * 16);
  });

  it('adds the biases of Qwen 2 and the norms of heads of Qwen 3', () => {
    const windows = { sliding_window: null, layer_types: ['full_attention', 'full_attention'] as const };
    const names = (model_type: 'qwen2' | 'qwen3') =>
      decoderTensors({ ...CONFIG, ...windows, layer_types: [...windows.layer_types], model_type }).map(
        ({ name }) => name,
      );
    expect(names('qwen2')).toContain('model.layers.0.self_attn.k_proj.bias');
    expect(names('qwen2')).not.toContain('model.layers.0.self_attn.o_proj.bias');
    expect(names('qwen3')).toContain('model.layers.1.self_attn.q_norm.weight');
    expect(names('qwen3')).not.toContain('model.layers.0.self_attn.k_proj.bias');
  });
});
