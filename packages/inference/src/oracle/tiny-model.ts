/** Small random decoders for tests: every feature on (grouped heads, tied or not), sizes that are all different. */
import { LORA_A, LORA_B, type LoraAdapter, type Tensor } from '@preheat/checkpoints';
import { type DecoderConfig, type DecoderConfigOf, decoderTensors } from '@preheat/contracts';
import { CounterRandom } from '@preheat/ports';

export const TINY_CONFIG: DecoderConfigOf<'llama'> = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
  max_position_embeddings: 48,
  rope_theta: 500,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: 0,
};

/** Learned positions, biases and layer norms. */
export const TINY_GPT2: DecoderConfig = {
  model_type: 'gpt2',
  vocab_size: 11,
  hidden_size: 24,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  head_dim: 6,
  max_position_embeddings: 160,
  layer_norm_epsilon: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: 0,
};

/** Weights large enough that distributions are far from uniform and positions matter. */
export function randomTensors(config: DecoderConfig, seed: number): Map<string, Tensor> {
  const random = CounterRandom.fromSeed(seed);
  const tensors = new Map<string, Tensor>();
  for (const { name, shape } of decoderTensors(config)) {
    const length = shape.reduce((product, size) => product * size, 1);
    const centre = name.includes('norm') ? 1 : 0;
    const data = Float32Array.from({ length }, () => centre + (random.float() - 0.5) * 1.2);
    tensors.set(name, { shape, data });
  }
  return tensors;
}

/** An adapter of the modules whose names end with one of `targets`. */
export function randomAdapter(
  config: DecoderConfig,
  targets: readonly string[],
  rank: number,
  seed: number,
): LoraAdapter {
  const random = CounterRandom.fromSeed(seed);
  const tensors = new Map<string, Tensor>();
  const put = (name: string, shape: [number, number]): void => {
    const data = Float32Array.from({ length: shape[0] * shape[1] }, () => random.float() - 0.5);
    tensors.set(name, { shape, data });
  };
  for (const [name, { shape }] of randomTensors(config, 1)) {
    const module = name.replace(/\.weight$/, '');
    if (!targets.some((target) => module.endsWith(target))) continue;
    put(module + LORA_A, [rank, shape[1] as number]);
    put(module + LORA_B, [shape[0] as number, rank]);
  }
  const settings = { usesRankStabilizedScale: false, dropout: 0, rankPattern: {}, alphaPattern: {}, modulesToSave: [] };
  return { config: { rank, alpha: 3, targetModules: targets, baseModel: null, ...settings }, tensors };
}
