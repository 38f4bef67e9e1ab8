import type { DecoderConfigOf } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { forwardFlops, trainingFlops } from './training-flops.js';

const config: DecoderConfigOf<'llama'> = {
  ...{ model_type: 'llama', vocab_size: 100, hidden_size: 8, intermediate_size: 16, num_hidden_layers: 2 },
  ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 4, max_position_embeddings: 64, rope_theta: 10_000 },
  ...{ rms_norm_eps: 1e-5, tie_word_embeddings: true, bos_token_id: null, eos_token_id: 1, pad_token_id: 0 },
};
/** Queries and outputs, keys and values, and the three of the feed-forward layer. */
const LAYER = 2 * 8 * 8 + 2 * 8 * 4 + 3 * 8 * 16;
const HEAD = 100 * 8;

describe('the operations of training', () => {
  it('are two for each weight a token is multiplied by, and those of attention', () => {
    expect(forwardFlops(config, 10)).toBe(2 * (2 * LAYER + HEAD) + 4 * 2 * 8 * 10);
    expect(forwardFlops({ ...config, tie_word_embeddings: false }, 10)).toBe(forwardFlops(config, 10));
  });

  it('are three times that with the backward pass, or twice under an adapter, for every pass', () => {
    const of = (adapter: boolean, passes: number, recomputes = false) =>
      trainingFlops({ config, length: 10, adapter, passes, recomputes });
    expect(of(false, 1)).toBe(3 * forwardFlops(config, 10));
    expect(of(true, 4)).toBe(8 * forwardFlops(config, 10));
    // One more forward pass where layers are computed again.
    expect(of(false, 1, true)).toBe(4 * forwardFlops(config, 10));
  });
});
