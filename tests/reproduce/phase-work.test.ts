import { forwardFlops, trainingFlops } from '@preheat/scheduler';
import { describe, expect, it } from 'vitest';
import { baseDecoder } from './bases.js';
import { phaseFlops, phaseWork } from './phase-work.js';

const decoder = baseDecoder('B-arith');
const supervised = { trainedTokens: 1000, hyperparameters: { batch_size: 10 }, steps: [{}, {}, {}, {}, {}] };
const sampled = (trained_rows: number, further: object = {}) => ({
  completion_tokens_mean: 4,
  sampled_entropy: 1.5,
  trained_rows,
  ...further,
});
const reinforced = {
  trainedTokens: 800,
  hyperparameters: { batch_size: 5, group_size: 4, kl_beta: 0 },
  steps: [sampled(20, { approx_kl: 0.02, reference_kl: 0.3 }), sampled(0)],
};

describe('phaseWork', () => {
  it('of a supervised phase samples nothing and trains on every row', () => {
    expect(phaseWork(supervised)).toEqual({
      sampledTokens: 0,
      batchTokens: 1000,
      trainedShare: 1,
      rowTokens: 20,
      passes: 1,
      scorings: 0,
      adapter: false,
      recomputes: false,
      policy: null,
      means: {},
    });
  });

  it('keeps the means of metrics over the steps that log them', () => {
    const steps = [
      { loss: 2, factor: 3 },
      { loss: 4, note: 'x' },
      { loss: 6, factor: 5 },
    ];
    expect(phaseWork({ ...supervised, steps }).means).toEqual({ loss: 4, factor: 4 });
  });

  it('of reinforcement counts completions, leaves out rows that were not trained on, and keeps the last that was measured', () => {
    expect(phaseWork(reinforced)).toMatchObject({
      sampledTokens: 160,
      trainedShare: 0.5,
      rowTokens: 20,
      policy: { entropy: 1.5, approx_kl: 0.02, reference_kl: 0.3 },
    });
  });

  it.each<[string, object, number]>([
    ['a reference', { kl_beta: 0.1 }, 1],
    ['a value model', { value_coefficient: 1, samples_per_prompt: 4, group_size: 0 }, 1],
    ['both', { value_coefficient: 1, kl_beta: 0.1 }, 2],
  ])('scores the batch once more for %s', (_, settings, scorings) => {
    const hyperparameters = { ...reinforced.hyperparameters, ...settings };
    expect(phaseWork({ ...reinforced, hyperparameters }).scorings).toBe(scorings);
  });

  it('scores whole batches where a share of each is kept', () => {
    const work = phaseWork({ ...supervised, hyperparameters: { batch_size: 20, keep_fraction: 0.5 } });
    expect(work).toMatchObject({ rowTokens: 20, scorings: 2 });
  });
});

describe('phaseFlops', () => {
  it('are six a weight and trained token, two a weight and sampled token, and attention', () => {
    const forward = forwardFlops(decoder, 20);
    expect(phaseFlops(decoder, phaseWork(supervised))).toBe(1000 * 3 * forward);
    expect(phaseFlops(decoder, phaseWork(reinforced))).toBe(400 * 3 * forward + 160 * forward);
    // Four layers of 96: the attention of twenty tokens is a few per cent of the weights.
    const weights = 2 * (131 * 96 + 4 * (96 * 96 * 2 + 96 * 48 * 2 + 96 * 256 * 3));
    expect(forward / weights).toBeGreaterThan(1);
    expect(forward / weights).toBeLessThan(1.05);
  });

  it('grow with passes and recomputation, and are fewer for an adapter', () => {
    const of = (settings: object) =>
      phaseFlops(decoder, phaseWork({ ...supervised, hyperparameters: { batch_size: 10, ...settings } }));
    const common = { config: decoder, length: 20, adapter: false, passes: 1, recomputes: false };
    expect(of({ epochs_per_batch: 2 })).toBe(2 * of({}));
    expect(of({ gradient_checkpointing: true })).toBe(1000 * trainingFlops({ ...common, recomputes: true }));
    expect(of({ lora_rank: 4 })).toBe(1000 * trainingFlops({ ...common, adapter: true }));
  });
});
