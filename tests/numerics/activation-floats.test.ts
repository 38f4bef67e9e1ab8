/** The closed form of activation memory is that of the graph which training runs, for every family and both losses. */
import type { DecoderConfig } from '@preheat/contracts';
import { peakBytes } from '@preheat/graph';
import { buildTrainingProgram, CROSS_ENTROPY, type LossSpec } from '@preheat/nn';
import { trainingMemory } from '@preheat/scheduler';
import { describe, expect, it } from 'vitest';

const LLAMA = {
  ...{ model_type: 'llama', vocab_size: 300, hidden_size: 48, intermediate_size: 112, num_hidden_layers: 3 },
  ...{ num_attention_heads: 6, num_key_value_heads: 2, head_dim: 8, max_position_embeddings: 1024, rope_theta: 10_000 },
  ...{ rms_norm_eps: 1e-5, tie_word_embeddings: true, bos_token_id: null, eos_token_id: 1, pad_token_id: 0 },
} as const;
const SLIDING = {
  ...{ sliding_window: 32, layer_types: ['sliding_attention', 'full_attention', 'sliding_attention'] },
  ...{ query_pre_attn_scalar: 8, rope_local_base_freq: 10_000 },
};
const CAPS = { final_logit_softcapping: 30, attn_logit_softcapping: 50 };
const NO_CAPS = { final_logit_softcapping: null, attn_logit_softcapping: null };
const FAMILIES: readonly (readonly [string, object])[] = [
  ['llama', {}],
  ['llama, untied', { tie_word_embeddings: false }],
  ['llama, gelu', { hidden_act: 'gelu' }],
  ['qwen2', { model_type: 'qwen2' }],
  ['qwen3', { model_type: 'qwen3' }],
  ['mistral', { model_type: 'mistral', sliding_window: null }],
  ['gemma', { model_type: 'gemma' }],
  ['gemma2', { model_type: 'gemma2', ...SLIDING, ...CAPS }],
  ['gemma3', { model_type: 'gemma3_text', ...SLIDING, ...NO_CAPS }],
  ['gpt2', { model_type: 'gpt2', num_key_value_heads: 6, layer_norm_epsilon: 1e-5 }],
  ['gpt2, relu', { model_type: 'gpt2', num_key_value_heads: 6, layer_norm_epsilon: 1e-5, hidden_act: 'relu' }],
];
/** Of a small vocabulary, so that layers decide: which of them attends to everything, and which is last. */
const LAYERS: readonly (readonly [string, string])[] = [
  ['gemma3_text', 'FFF'],
  ['gemma3_text', 'FSS'],
  ['gemma3_text', 'SFS'],
  ['gemma3_text', 'SSF'],
  ['gemma2', 'FS'],
  ['gemma2', 'SF'],
];
const SHAPES = [
  { batch: 16, length: 64 },
  { batch: 1, length: 160 },
  { batch: 1, length: 8 },
  { batch: 1, length: 640 },
  { batch: 1, length: 1024 },
];
const POLICY: LossSpec = {
  crossEntropy: false,
  policyGradient: { clipLow: 0.2, clipHigh: 0.28, temperature: 0.7, klBeta: 0.1, dualClip: 0, entropyBonus: 0 },
};
const layered = (family: string, layers: string): DecoderConfig =>
  ({
    ...LLAMA,
    ...SLIDING,
    ...(family === 'gemma2' ? CAPS : NO_CAPS),
    ...{ model_type: family, vocab_size: 64, intermediate_size: 64, num_hidden_layers: layers.length },
    layer_types: [...layers].map((layer) => (layer === 'F' ? 'full_attention' : 'sliding_attention')),
  }) as unknown as DecoderConfig;
const adapter = { rank: 4, targetModules: ['all-linear'], storage: 'float32' } as const;
const lora = {
  ...{ rank: 4, alpha: 8, usesRankStabilizedScale: false, dropout: 0, targetModules: ['all-linear'] },
  ...{ rankPattern: {}, alphaPattern: {}, modulesToSave: [], baseModel: null },
};

describe.each(FAMILIES)('activations of %s', (_, differences) => {
  const config = { ...LLAMA, ...differences } as unknown as DecoderConfig;

  it.each(SHAPES)('are within 3 % of the graph that is run: $batch x $length', (microBatch) => {
    for (const spec of [CROSS_ENTROPY, POLICY]) {
      const formula = trainingMemory({ config, adapter: null, microBatch, lanes: 1 }).activations;
      const graph = peakBytes(buildTrainingProgram({ config, lora: null }, microBatch, spec));
      expect(Math.abs(formula / graph - 1)).toBeLessThan(0.03);
    }
  });

  it.each(SHAPES)('computed again are within 15 % of that graph: $batch x $length', (microBatch) => {
    const request = { config, microBatch, lanes: 1, recomputes: true };
    for (const [own, update] of [[null, null] as const, [adapter, lora] as const]) {
      const formula = trainingMemory({ ...request, adapter: own }).activations;
      const model = { config, lora: update, recomputes: true };
      const graph = peakBytes(buildTrainingProgram(model, microBatch, CROSS_ENTROPY));
      expect(Math.abs(formula / graph - 1)).toBeLessThan(0.15);
    }
  });

  it('are within 3 % under an adapter', () => {
    const [microBatch] = SHAPES as [{ batch: number; length: number }];
    const formula = trainingMemory({ config, adapter, microBatch, lanes: 1 }).activations;
    const graph = peakBytes(buildTrainingProgram({ config, lora }, microBatch, CROSS_ENTROPY));
    expect(Math.abs(formula / graph - 1)).toBeLessThan(0.03);
  });
});

describe.each(LAYERS)('activations of %s with layers %s, of full and sliding attention', (family, layers) => {
  const config = layered(family, layers);

  it.each([640, 1024, 2048])('are within 3 %% of the graph over %i tokens, computed again within 10 %%', (length) => {
    const microBatch = { batch: 1, length };
    for (const [recomputes, bound] of [[false, 0.03] as const, [true, 0.1] as const]) {
      const formula = trainingMemory({ config, adapter: null, microBatch, lanes: 1, recomputes }).activations;
      const graph = peakBytes(buildTrainingProgram({ config, lora: null, recomputes }, microBatch, CROSS_ENTROPY));
      expect(Math.abs(formula / graph - 1)).toBeLessThan(bound);
    }
  });
});
