/**
 * Shape of a decoder, in the terms of Hugging Face's Llama `config.json`, so that a bundle written here opens in
 * transformers and the other way round. Keys we do not compute with are allowed and ignored; the switches that would
 * change the arithmetic (`hidden_act`, biases, RoPE scaling) are pinned to the only values implemented.
 */
import Type, { type Static } from 'typebox';
import { Nullable } from './primitives.js';
import { type Checked, check, type Problem } from './validation.js';

const MAX_VOCABULARY = 1_000_000;
const MAX_WIDTH = 65_536;
const TokenId = Type.Integer({ minimum: 0, maximum: MAX_VOCABULARY - 1 });

export const DecoderConfig = Type.Object({
  model_type: Type.Literal('llama'),
  vocab_size: Type.Integer({ minimum: 2, maximum: MAX_VOCABULARY }),
  hidden_size: Type.Integer({ minimum: 1, maximum: MAX_WIDTH }),
  /** Width of the gated feed-forward layer. */
  intermediate_size: Type.Integer({ minimum: 1, maximum: 4 * MAX_WIDTH }),
  num_hidden_layers: Type.Integer({ minimum: 1, maximum: 256 }),
  num_attention_heads: Type.Integer({ minimum: 1, maximum: 1024 }),
  /** Divides `num_attention_heads`; each key/value head serves that many consecutive query heads. */
  num_key_value_heads: Type.Integer({ minimum: 1, maximum: 1024 }),
  /** Even: RoPE rotates the first half of a head against the second. */
  head_dim: Type.Integer({ minimum: 2, maximum: 1024 }),
  /** Longest sequence, prompt and completion together. */
  max_position_embeddings: Type.Integer({ minimum: 1, maximum: 1_048_576 }),
  rope_theta: Type.Number({ minimum: 1, maximum: 1e9 }),
  rms_norm_eps: Type.Number({ exclusiveMinimum: 0, maximum: 0.1 }),
  /** True: the output projection is the embedding matrix and `lm_head.weight` is not stored. */
  tie_word_embeddings: Type.Boolean(),
  bos_token_id: Nullable(TokenId),
  eos_token_id: TokenId,
  pad_token_id: Nullable(TokenId),
  hidden_act: Type.Optional(Type.Literal('silu')),
  attention_bias: Type.Optional(Type.Literal(false)),
  mlp_bias: Type.Optional(Type.Literal(false)),
  rope_scaling: Type.Optional(Type.Null()),
});
export type DecoderConfig = Static<typeof DecoderConfig>;

/** Checks a parsed `config.json`: the schema first, then what a schema cannot say about the numbers together. */
export function checkDecoderConfig(value: unknown): Checked<DecoderConfig> {
  const checked = check(DecoderConfig, value);
  if (!checked.ok) return checked;
  const problems = crossFieldProblems(checked.value);
  return problems.length === 0 ? checked : { ok: false, problems };
}

function crossFieldProblems(config: DecoderConfig): Problem[] {
  const problems: Problem[] = [];
  if (config.num_attention_heads % config.num_key_value_heads !== 0) {
    const message = `must divide num_attention_heads (${config.num_attention_heads}), got ${config.num_key_value_heads}`;
    problems.push({ path: 'num_key_value_heads', message });
  }
  if (config.head_dim % 2 !== 0) problems.push({ path: 'head_dim', message: `must be even, got ${config.head_dim}` });
  for (const path of ['bos_token_id', 'eos_token_id', 'pad_token_id'] as const) {
    const id = config[path];
    if (id !== null && id >= config.vocab_size) {
      problems.push({ path, message: `must be below vocab_size (${config.vocab_size}), got ${id}` });
    }
  }
  return problems;
}
