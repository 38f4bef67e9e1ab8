import { describe, expect, it } from 'vitest';
import { readHuggingFaceConfig, writeHuggingFaceConfig } from './hugging-face-config.js';

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

describe('readHuggingFaceConfig', () => {
  it('fills in what transformers lets default', () => {
    const read = readHuggingFaceConfig({ ...MINIMAL, rope_parameters: { rope_theta: 500, rope_type: 'default' } });
    expect(read).toMatchObject({
      ok: true,
      value: { num_key_value_heads: 4, head_dim: 16, rope_theta: 500, tie_word_embeddings: false, pad_token_id: null },
    });
    expect(readHuggingFaceConfig({ ...MINIMAL, rope_theta: 7 })).toMatchObject({ ok: true, value: { rope_theta: 7 } });
    expect(readHuggingFaceConfig(MINIMAL)).toMatchObject({ ok: true, value: { rope_theta: 10_000 } });
  });

  it('reads back what it writes', () => {
    const read = readHuggingFaceConfig({ ...MINIMAL, rope_theta: 123 });
    if (!read.ok) throw new Error('the minimal config must be valid');
    expect(readHuggingFaceConfig(writeHuggingFaceConfig(read.value))).toMatchObject({ ok: true, value: read.value });
  });

  it('names scaled rotations and nonsense as problems', () => {
    const scaled = readHuggingFaceConfig({ ...MINIMAL, rope_parameters: { rope_theta: 1, rope_type: 'llama3' } });
    expect(scaled).toEqual({
      ok: false,
      problems: [{ path: 'rope_parameters.rope_type', message: 'must be "default", got "llama3"' }],
    });
    expect(readHuggingFaceConfig(null).ok).toBe(false);
    expect(readHuggingFaceConfig([]).ok).toBe(false);
    expect(readHuggingFaceConfig({}).ok).toBe(false);
  });
});
