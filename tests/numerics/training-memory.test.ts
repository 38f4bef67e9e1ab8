/** What training really takes stays within the formula that says so beforehand, measured in processes of their own. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DecoderConfigOf } from '@preheat/contracts';
import { trainingMemory } from '@preheat/scheduler';
import { describe, expect, it } from 'vitest';
import type { Measurement } from './measure-training.js';

const SCRIPT = fileURLToPath(new URL('measure-training.ts', import.meta.url));
const config: DecoderConfigOf<'llama'> = {
  model_type: 'llama',
  vocab_size: 512,
  hidden_size: 160,
  intermediate_size: 432,
  num_hidden_layers: 4,
  num_attention_heads: 5,
  num_key_value_heads: 5,
  head_dim: 32,
  max_position_embeddings: 2048,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};

function measure(measurement: Measurement): { peak: number; total: number } {
  const args = ['--conditions=source', '--import', 'tsx', SCRIPT, JSON.stringify(measurement)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as { peak: number; total: number };
}

describe('peak memory of training', () => {
  it.each([
    { batch: 16, length: 64, lanes: 1 },
    { batch: 16, length: 64, lanes: 2 },
    { batch: 8, length: 256, lanes: 1 },
    { batch: 8, length: 256, lanes: 1, recomputes: true },
    { batch: 1, length: 2048, lanes: 1 },
    { batch: 1, length: 2048, lanes: 1, recomputes: true },
    // The logits are then most of it.
    { batch: 8, length: 64, lanes: 1, vocab_size: 32_768 },
  ])('is within 1.5 times the formula, and not far below: %o', ({ vocab_size = config.vocab_size, ...shape }) => {
    const { peak, total } = measure({ config: { ...config, vocab_size }, ...shape, steps: 6 });
    expect(peak / total).toBeLessThan(1.5);
    expect(peak / total).toBeGreaterThan(0.6);
  });
});

describe('trainingMemory', () => {
  const of = (batch: number, lanes: number, averages = false) =>
    trainingMemory({ config, adapter: null, microBatch: { batch, length: 64 }, lanes, averages });

  it('adds up its parts', () => {
    const { total, ...parts } = of(16, 2);
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
  });

  it('counts moments and an average of what is trained', () => {
    const weightBytes = of(16, 1).weights / 2;
    expect(of(16, 1).optimizer).toBe(2 * weightBytes);
    expect(of(16, 1, true).optimizer).toBe(3 * weightBytes);
  });

  it('counts an adapter alone where only that is trained, and the weights under it as they are held', () => {
    const adapter = { rank: 4, targetModules: ['q_proj'], storage: 'float32' } as const;
    const microBatch = { batch: 16, length: 64 };
    const full = trainingMemory({ config, adapter, microBatch, lanes: 1 });
    const [layers, rank, inputs, outputs] = [4, 4, 160, 160];
    expect(full.optimizer).toBe(2 * 4 * layers * rank * (inputs + outputs));
    const int8 = trainingMemory({ config, adapter: { ...adapter, storage: 'int8' }, microBatch, lanes: 1 });
    expect(int8.weights / full.weights).toBeCloseTo(0.25, 1);
  });

  it('counts weights under an adapter in float32 on a GPU, however they are asked to be held', () => {
    const microBatch = { batch: 16, length: 64 };
    const on = (storage: 'float32' | 'int8') => {
      const adapter = { rank: 4, targetModules: ['q_proj'], storage };
      return trainingMemory({ config, adapter, microBatch, lanes: 1, device: 'gpu' });
    };
    expect(on('int8')).toEqual(on('float32'));
  });

  it('grows with the micro-batch and with the lanes', () => {
    expect(of(32, 1).activations / of(16, 1).activations).toBeCloseTo(2, 0);
    expect(of(16, 2).activations).toBe(2 * of(16, 1).activations);
  });

  it('copies the weights for no lane of a GPU', () => {
    const request = { config, adapter: null, microBatch: { batch: 16, length: 64 }, lanes: 1 };
    const weights = of(16, 1).weights / 2;
    expect(trainingMemory({ ...request, device: 'gpu' })).toMatchObject({ weights, gradients: weights });
  });
});
