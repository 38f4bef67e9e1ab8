/**
 * `config.json` between its dialects: transformers 4 keeps `rope_theta` at the top and lets several keys default,
 * transformers 5 nests it in `rope_parameters`. We read both and write a file both can read.
 */
import { type Checked, checkDecoderConfig, type DecoderConfig } from '@preheat/contracts';

const LLAMA_DEFAULT_ROPE_THETA = 10_000;

/** Reads a parsed `config.json`; the problems of one that is not a decoder we can run are returned, not thrown. */
export function readHuggingFaceConfig(value: unknown): Checked<DecoderConfig> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return checkDecoderConfig(value);
  const given = value as Record<string, unknown>;
  const rope = (given['rope_parameters'] ?? {}) as Record<string, unknown>;
  if (rope['rope_type'] !== undefined && rope['rope_type'] !== 'default') {
    const message = `must be "default", got ${JSON.stringify(rope['rope_type'])}`;
    return { ok: false, problems: [{ path: 'rope_parameters.rope_type', message }] };
  }
  return checkDecoderConfig({
    num_key_value_heads: given['num_attention_heads'],
    head_dim: Number(given['hidden_size']) / Number(given['num_attention_heads']),
    rope_theta: rope['rope_theta'] ?? LLAMA_DEFAULT_ROPE_THETA,
    tie_word_embeddings: false,
    bos_token_id: null,
    pad_token_id: null,
    ...given,
  });
}

/** The object to store as `config.json` for transformers and for `readHuggingFaceConfig`. */
export function writeHuggingFaceConfig(config: DecoderConfig): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    dtype: 'float32',
    torch_dtype: 'float32',
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    rope_parameters: { rope_theta: config.rope_theta, rope_type: 'default' },
    ...config,
  };
}
