/** What only GRPO promises: it never trains on samples of other weights, and its sampler and trainer see one model. */
import { freshDecoder } from '@preheat/checkpoints';
import { DecoderSession } from '@preheat/inference';
import { describe, expect, it } from 'vitest';
import { DecoderRollouts } from '../../gpu-runner/src/rollouts.js';
import { curve, runPhase, runtimeOf, withPhase } from './recipe-bench.js';
import { modelConfig } from './reversal-task.js';

const grpo = runtimeOf('grpo');
const config = { batch_size: 8, group_size: 4, max_completion_tokens: 6, max_steps: 3 };

describe('grpo', () => {
  it('refuses samples of weights that are not the current ones', async () => {
    const decoder = await DecoderSession.create(modelConfig, freshDecoder(modelConfig, 1), { policyVersion: 7 });
    const honest = new DecoderRollouts(decoder);
    const forgetful = { generate: honest.generate.bind(honest), updateWeights: async () => undefined };
    await withPhase({ recipe: 'grpo', config, seed: 1 }, async (ctx) => {
      const state = await grpo.init(ctx);
      const step = grpo.step(state, { ...ctx, rollouts: forgetful });
      await expect(step).rejects.toThrow('a rollout of policy version 7 was returned where version 0 was asked for');
      await grpo.dispose(state);
    });
    await decoder.close();
  });

  it.each([1, 0.7])('measures the sampled log-probabilities again at temperature %f', async (temperature) => {
    const phase = { recipe: 'grpo', config: { ...config, temperature }, seed: 2 };
    const run = await withPhase(phase, (ctx) => runPhase(grpo, ctx, undefined, false));
    const mismatches = curve(run, 'max_logprob_mismatch');
    expect(mismatches.length).toBeGreaterThan(0);
    for (const mismatch of mismatches) expect(mismatch).toBeLessThan(1e-4);
  });

  it('moves away from the start of the phase less with a KL penalty', async () => {
    const lastKl = async (kl_beta: number): Promise<number> => {
      const strong = { ...config, learning_rate: 0.01, max_steps: 6, kl_beta };
      const run = await withPhase({ recipe: 'grpo', config: strong, seed: 3 }, (ctx) =>
        runPhase(grpo, ctx, undefined, false),
      );
      return curve(run, 'reference_kl').at(-1) ?? Number.NaN;
    };
    expect(await lastKl(1)).toBeLessThan(await lastKl(1e-6));
  });

  it('says which prompt leaves no room for a completion', async () => {
    await withPhase({ recipe: 'grpo', config: { ...config, max_sequence_length: 8 }, seed: 4 }, async (ctx) => {
      const trainingRows = [{ messages: [{ role: 'user' as const, content: 'abcdeabcde' }], answer: 'A' }];
      const state = await grpo.init({ ...ctx, trainingRows });
      await expect(grpo.step(state, { ...ctx, trainingRows })).rejects.toThrow('leaves no room for a completion');
      await grpo.dispose(state);
    });
  });
});
