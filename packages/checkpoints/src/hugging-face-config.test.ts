import { checkDecoderConfig, type DecoderConfig } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { huggingFaceConfigText, readHuggingFaceConfig, writeHuggingFaceConfig } from './hugging-face-config.js';

const SIZES = {
  vocab_size: 32,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 16,
  eos_token_id: 2,
};
const MINIMAL = {
  model_type: 'llama',
  vocab_size: 32,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-6,
  eos_token_id: 2,
};
const LLAMA3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8 };

function read(value: object): DecoderConfig {
  const checked = readHuggingFaceConfig(value);
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.value;
}

function problems(value: unknown): string[] {
  const checked = readHuggingFaceConfig(value);
  return checked.ok ? [] : checked.problems.map(({ path, message }) => `${path} ${message}`);
}

describe('readHuggingFaceConfig', () => {
  it('fills in what transformers lets default', () => {
    expect(read({ ...MINIMAL, rope_parameters: { rope_theta: 500, rope_type: 'default' } })).toMatchObject({
      num_key_value_heads: 4,
      head_dim: 16,
      rope_theta: 500,
      rope_scaling: null,
      tie_word_embeddings: false,
      pad_token_id: null,
    });
    expect(read({ ...MINIMAL, rope_theta: 7 })).toMatchObject({ rope_theta: 7 });
    expect(read(MINIMAL)).toMatchObject({ rope_theta: 10_000 });
    expect(read({ ...SIZES, model_type: 'mistral', num_key_value_heads: null })).toMatchObject({
      num_key_value_heads: 4,
      sliding_window: 4096,
    });
    expect(read({ ...SIZES, model_type: 'gemma2' })).toMatchObject({
      head_dim: 256,
      tie_word_embeddings: true,
      query_pre_attn_scalar: 256,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
    });
  });

  it('reads scaled rotations of both dialects', () => {
    const scaled = { rope_theta: 500, rope_scaling: { rope_type: 'llama3', ...LLAMA3 } };
    expect(read({ ...MINIMAL, ...scaled })).toMatchObject(scaled);
    expect(read({ ...MINIMAL, rope_parameters: { rope_type: 'llama3', rope_theta: 500, ...LLAMA3 } })).toMatchObject(
      scaled,
    );
    expect(read({ ...MINIMAL, rope_scaling: { type: 'linear', factor: 2 } })).toMatchObject({
      rope_scaling: { rope_type: 'linear', factor: 2 },
    });
    expect(
      read({ ...MINIMAL, rope_scaling: { type: 'yarn', factor: null, original_max_position_embeddings: 8 } }),
    ).toMatchObject({
      rope_scaling: { rope_type: 'yarn', factor: 2, original_max_position_embeddings: 8 },
    });
    const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 4 };
    expect(read({ ...MINIMAL, original_max_position_embeddings: 8, rope_scaling: yarn })).toMatchObject({
      rope_scaling: { ...yarn, original_max_position_embeddings: 8 },
    });
  });

  it('turns rules for sliding windows into a list of layers', () => {
    const sliding = { use_sliding_window: true, sliding_window: 8, max_window_layers: 2 };
    const [full, local] = ['full_attention', 'sliding_attention'];
    const qwen = { ...SIZES, model_type: 'qwen2' };
    expect(read({ ...qwen, ...sliding })).toMatchObject({ sliding_window: 8, layer_types: [full, full, local] });
    expect(read({ ...qwen, ...sliding, use_sliding_window: false })).toMatchObject({
      sliding_window: null,
      layer_types: [full, full, full],
    });
    expect(read({ ...SIZES, model_type: 'gemma2' })).toMatchObject({ layer_types: [local, full, local] });
    expect(read({ ...SIZES, model_type: 'gemma3_text', sliding_window_pattern: 2 })).toMatchObject({
      layer_types: [local, full, local],
    });
    expect(read({ ...SIZES, model_type: 'gemma3_text', layer_types: [full, local, full] })).toMatchObject({
      layer_types: [full, local, full],
    });
  });

  it('reads both dialects of the two rotations of Gemma 3', () => {
    const gemma = { ...SIZES, model_type: 'gemma3_text' };
    const scaling = { rope_type: 'linear', factor: 8 };
    const expected = { rope_theta: 5000, rope_local_base_freq: 50, rope_scaling: scaling };
    expect(read({ ...gemma, ...expected })).toMatchObject(expected);
    const full_attention = { ...scaling, rope_theta: 5000 };
    const sliding_attention = { rope_type: 'default', rope_theta: 50 };
    expect(read({ ...gemma, rope_parameters: { full_attention, sliding_attention } })).toMatchObject(expected);
    expect(read(gemma)).toMatchObject({ rope_theta: 1_000_000, rope_local_base_freq: 10_000, rope_scaling: null });
    const stretched = { full_attention, sliding_attention: { ...scaling, rope_theta: 50 } };
    expect(problems({ ...gemma, rope_parameters: stretched })).toEqual([
      'rope_parameters.sliding_attention.rope_type must be "default": sliding layers are not stretched',
    ]);
  });

  it('reads the names of GPT-2, and names its problems in them', () => {
    const gpt2 = { model_type: 'gpt2', vocab_size: 32, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 8 };
    const ids = { bos_token_id: 1, eos_token_id: 1 };
    expect(read({ ...gpt2, ...ids, n_inner: null })).toMatchObject({
      hidden_size: 16,
      intermediate_size: 64,
      num_key_value_heads: 2,
      head_dim: 8,
      hidden_act: 'gelu_new',
      tie_word_embeddings: true,
    });
    expect(problems({ ...gpt2, ...ids, n_layer: 0 })).toEqual(['n_layer must be >= 1']);
  });

  it('keeps all end tokens of a file that lists several', () => {
    const config = read({ ...MINIMAL, eos_token_id: [2, 5, 7] });
    expect(config).toMatchObject({ eos_token_id: 2, other_eos_token_ids: [5, 7] });
    expect(writeHuggingFaceConfig(config)).toMatchObject({ eos_token_id: [2, 5, 7] });
  });

  it.each([
    [
      { model_type: 'phi3' },
      'model_type must be one of ["llama","mistral","qwen2","qwen3","gemma","gemma2","gemma3_text","gpt2"], got "phi3"',
    ],
    [
      { rope_scaling: { rope_type: 'longrope', factor: 2 } },
      'rope_scaling.rope_type must be one of ["linear","dynamic","llama3","yarn"], got "longrope"',
    ],
    [{ rope_parameters: { rope_type: 'linear', factor: 2, mystery: 1 } }, 'rope_parameters.mystery is not a known key'],
    [
      { rope_parameters: { rope_type: 'default', mrope_section: [1] } },
      'rope_parameters.mrope_section is not a known key of unscaled positions',
    ],
    [
      { rope_parameters: { partial_rotary_factor: 0.5 } },
      'rope_parameters.partial_rotary_factor must be 1 or absent, got 0.5',
    ],
    [{ hidden_act: 'quick_gelu' }, 'hidden_act must be one of ["silu","gelu","gelu_new","gelu_pytorch_tanh","relu"]'],
    [
      { quantization_config: { bits: 4 } },
      'quantization_config must be null or absent in a llama model, got {"bits":4}: it would change the arithmetic',
    ],
    [
      { sliding_window: 8 },
      'sliding_window must be null or absent in a llama model, got 8: it would change the arithmetic',
    ],
    [
      { layer_types: ['sliding_attention'] },
      'layer_types must be null or absent in a llama model, got ["sliding_attention"]: it would change the arithmetic',
    ],
    [
      { model_type: 'gemma', use_bidirectional_attention: true },
      'use_bidirectional_attention must be null or false or absent in a gemma model, got true: it would change the arithmetic',
    ],
    [
      { model_type: 'gemma3_text', attn_logit_softcapping: 50 },
      'attn_logit_softcapping must be null or absent in a gemma3_text model, got 50: it would change the arithmetic',
    ],
    [
      { model_type: 'gemma', hidden_act: 'gelu', hidden_activation: 'gelu' },
      'hidden_activation must be "gelu_pytorch_tanh", which hidden_act means, or absent, got "gelu"',
    ],
    [
      { model_type: 'gpt2', add_cross_attention: true },
      'add_cross_attention must be false or absent in a gpt2 model, got true: it would change the arithmetic',
    ],
  ])('refuses what it would compute wrongly: %j', (change, problem) => {
    expect(problems({ ...MINIMAL, ...change })).toContain(problem);
  });

  it('names nonsense as a problem', () => {
    for (const nonsense of [null, [], {}, 'llama']) expect(problems(nonsense)).toHaveLength(1);
  });
});

describe('writeHuggingFaceConfig', () => {
  const gemma = { ...SIZES, head_dim: 16, sliding_window: 8, final_logit_softcapping: 30 };
  it.each<[string, object]>([
    ['llama', { ...MINIMAL, rope_theta: 123, rope_scaling: { rope_type: 'llama3', ...LLAMA3 } }],
    ['mistral', { ...SIZES, sliding_window: null }],
    ['qwen2', { ...SIZES, use_sliding_window: true, sliding_window: 8, max_window_layers: 1 }],
    ['qwen3', { ...SIZES, attention_bias: true }],
    ['gemma', { ...SIZES, head_dim: 16 }],
    ['gemma2', gemma],
    ['gemma3_text', { ...gemma, rope_scaling: { rope_type: 'linear', factor: 8 } }],
    ['gpt2', { vocab_size: 32, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 8, eos_token_id: 1, bos_token_id: 1 }],
  ])('writes what it reads back: %s', (model_type, given) => {
    const config = read({ ...given, model_type });
    expect(read(JSON.parse(huggingFaceConfigText(config)) as object)).toEqual(config);
    expect(checkDecoderConfig(config)).toEqual({ ok: true, value: config });
  });

  it('writes caps as transformers 5 wants floats, with a decimal point', () => {
    const text = huggingFaceConfigText(read({ ...gemma, model_type: 'gemma2', attn_logit_softcapping: 12.5 }));
    expect(text).toContain('"final_logit_softcapping": 30.0');
    expect(text).toContain('"attn_logit_softcapping": 12.5');
  });
});
