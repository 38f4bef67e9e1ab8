/**
 * The base models every installation offers: small decoders with fresh weights, sized so that a whole SFT and RL job runs
 * on a laptop CPU. The seed makes their weights the same bits everywhere.
 */
import type { DecoderConfigOf } from '@preheat/contracts';

export interface BaseModel {
  readonly name: string;
  /** Seed of the fresh weights. */
  readonly seed: number;
  /** Everything but the vocabulary, which the tokenizer decides. */
  readonly shape: Omit<DecoderConfigOf<'llama'>, 'vocab_size' | 'bos_token_id' | 'eos_token_id' | 'pad_token_id'>;
}

const shape = (
  layers: number,
  width: number,
  inner: number,
  heads: number,
  keyValueHeads: number,
): BaseModel['shape'] => ({
  model_type: 'llama',
  hidden_size: width,
  intermediate_size: inner,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: keyValueHeads,
  head_dim: width / heads,
  max_position_embeddings: 128,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
});

/** `created` of the base models on the wire: the day they were defined. */
export const BASE_MODELS_SINCE_MS = Date.UTC(2026, 10, 22);

/** About 0.7 million and 4 million parameters. */
export const BASE_MODELS: readonly BaseModel[] = [
  { name: 'preheat-1m', seed: 1, shape: shape(4, 128, 352, 4, 2) },
  { name: 'preheat-4m', seed: 1, shape: shape(6, 256, 640, 8, 2) },
];
