/** A model and rows small enough for any backend: words of fixed letters, each to be answered by itself reversed. */
import { freshDecoder } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { CROSS_ENTROPY, demonstrationRecord, imitate, type WeightedTokens } from '@preheat/nn';
import { CounterRandom } from '@preheat/ports';

/** Layers and width as the t1 (4×96) and others are named. */
export function decoderOf(layers: number, width: number, vocabulary = 32): DecoderConfig {
  return {
    model_type: 'llama',
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: 4 * width,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: width / 4,
    max_position_embeddings: 256,
    rope_theta: 10_000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
    bos_token_id: null,
    eos_token_id: 1,
    pad_token_id: 0,
  };
}

export const weightsOf = (config: DecoderConfig) => freshDecoder(config, 7);

export const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };

/** `letters` tokens, a separator, the same reversed, the end. */
export function reversalRows(count: number, letters: number, seed: string): WeightedTokens[] {
  const random = CounterRandom.fromSeed(seed);
  return Array.from({ length: count }, () => {
    const word = Array.from({ length: letters }, () => 3 + random.int(24));
    const tokens = Int32Array.of(...word, 2, ...word.toReversed(), 1);
    return imitate(
      demonstrationRecord(
        tokens,
        Uint8Array.from(tokens, (_, t) => (t > letters ? 1 : 0)),
      ),
    );
  });
}

export function stepRequest(rows: readonly WeightedTokens[], learningRate: number) {
  const trained = rows.reduce((sum, { crossEntropy }) => sum + (crossEntropy?.reduce((a, b) => a + b, 0) ?? 0), 0);
  return { spec: CROSS_ENTROPY, denominators: { crossEntropy: trained }, learningRate };
}
