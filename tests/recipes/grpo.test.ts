/** What only GRPO promises: it never trains on samples of other weights, and its sampler and trainer see one model. */
import { freshDecoder } from '@preheat/checkpoints';
import { compileGrader } from '@preheat/graders';
import { DecoderSession } from '@preheat/inference';
import { describe, expect, it } from 'vitest';
import { DecoderRollouts } from '../../gpu-runner/src/rollouts.js';
import type { Rollouts } from '@preheat/recipes';
import { type AnyContext, curve, phaseGrader, runPhase, runtimeOf, withPhase } from './recipe-bench.js';
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

  describe('with answers in segments', () => {
    const before = { until: 'B', max_tokens: 3 };
    const runWith = (answer_segments: readonly object[], more: object = {}) =>
      withPhase({ recipe: 'grpo', config: { ...config, ...more, answer_segments }, seed: 2 }, (ctx) =>
        runPhase(grpo, ctx, undefined, false),
      );

    it.each<[string, object[], object]>([
      ['two temperatures', [{ ...before, temperature: 1.6 }, { temperature: 0.4 }], {}],
      ['a nucleus', [{ ...before, top_p: 0.7 }, {}], { temperature: 0.8, kl_beta: 0.05 }],
      ['forks', [{ ...before, forks: 2, temperature: 1.4 }, {}], { epochs_per_batch: 2, kl_beta: 0.05 }],
      ['a beginning that is not trained', [{ ...before, forks: 4, trained: false }, { top_p: 0.9 }], {}],
    ])('measures the sampled log-probabilities again: %s', async (_, segments, more) => {
      const run = await runWith(segments, more);
      expect(curve(run, 'trained_rows').every((rows) => rows > 0)).toBe(true);
      for (const mismatch of curve(run, 'max_logprob_mismatch')) {
        expect(mismatch).toBeGreaterThan(0);
        expect(mismatch).toBeLessThan(1e-4);
      }
      const came = curve(run, 'last_segment_fraction');
      expect(came).toHaveLength(3);
      for (const fraction of came) expect(fraction).toBeGreaterThan(0);
    });

    it('trains as ever where segments are drawn alike', async () => {
      const plain = await withPhase({ recipe: 'grpo', config, seed: 2 }, (ctx) =>
        runPhase(grpo, ctx, undefined, false),
      );
      const cut = await runWith([{ ...before, temperature: 1 }, { top_p: 1 }]);
      for (const metric of ['train_mean_reward', 'completion_tokens_mean', 'trained_rows'])
        expect(curve(cut, metric)).toEqual(curve(plain, metric));
      curve(cut, 'gradient_norm').forEach((norm, step) => {
        expect(norm).toBeCloseTo(curve(plain, 'gradient_norm')[step] ?? Number.NaN, 4);
      });
    });

    it('says how many completions go on from a fork, where there are any', async () => {
      const forkedWith = async (segments: object[]) =>
        curve(await runWith(segments, { max_steps: 1, max_completion_tokens: 4 }), 'forked_fraction');
      const [forked] = await forkedWith([{ max_tokens: 2, forks: 4 }, {}]);
      expect(forked).toBeGreaterThan(0.2);
      expect((4 * 8 * (forked ?? 0)) % 4).toBe(0);
      expect(await forkedWith([{ max_tokens: 2 }, {}])).toEqual([]);
    });
  });

  it('goes on with an adapter that was trained with dropout, by the log-probabilities its sampler drew from', async () => {
    const keys = { lora_rank: 2, lora_dropout: 0.3, learning_rate: 0.02 };
    const imitating = { ...keys, batch_size: 8, max_steps: 4 };
    const taught = await withPhase({ recipe: 'sft', config: imitating, seed: 2 }, (ctx) =>
      runPhase(runtimeOf('sft'), ctx, undefined, false),
    );
    const { adapter, weights: tensors } = taught.snapshots.at(-1) ?? {};
    if (!adapter || !tensors) throw new Error('the phase trains an adapter');
    const run = await withPhase({ recipe: 'grpo', config: { ...config, ...keys }, seed: 2 }, (ctx) =>
      runPhase(grpo, { ...ctx, adapter: { config: adapter, tensors } }, undefined, false),
    );
    expect(curve(run, 'trained_rows').some((rows) => rows > 0)).toBe(true);
    for (const mismatch of curve(run, 'max_logprob_mismatch')) expect(mismatch).toBeLessThan(1e-4);
    expect(run.steps.flatMap(({ warnings }) => warnings ?? [])).toEqual([]);
  });

  describe('in a step that has nothing to learn from', () => {
    const same = { type: 'string_check', name: 'same', input: 'a', reference: 'a', operation: 'eq' } as const;
    const inert = (ctx: AnyContext): AnyContext => {
      const grader = compileGrader(same);
      if (!grader.ok) throw new Error(JSON.stringify(grader));
      return { ...ctx, grader: phaseGrader(grader.value) };
    };

    it.each([1, 0.7])('measures some of them all the same, at temperature %f', async (temperature) => {
      const phase = { recipe: 'grpo', config: { ...config, temperature }, seed: 2 };
      const run = await withPhase(phase, (ctx) => runPhase(grpo, inert(ctx), undefined, false));
      expect(curve(run, 'trained_rows')).toEqual([0, 0, 0]);
      const mismatches = curve(run, 'max_logprob_mismatch');
      expect(mismatches).toHaveLength(3);
      for (const mismatch of mismatches) {
        expect(mismatch).toBeGreaterThan(0);
        expect(mismatch).toBeLessThan(1e-4);
      }
    });

    it('tells of a sampler that computes something else', async () => {
      const run = await withPhase({ recipe: 'grpo', config, seed: 2 }, (ctx) => {
        const rollouts = Object.create(ctx.rollouts) as Rollouts;
        rollouts.generate = async (...call) => {
          const samples = (await ctx.rollouts?.generate(...call)) ?? [];
          return samples.map((sample) => ({ ...sample, logProbs: sample.logProbs.map((x) => x - 0.25) }));
        };
        rollouts.updateWeights = (...call) => ctx.rollouts?.updateWeights(...call) ?? Promise.resolve();
        return runPhase(grpo, { ...inert(ctx), rollouts }, undefined, false);
      });
      for (const mismatch of curve(run, 'max_logprob_mismatch')) expect(mismatch).toBeCloseTo(0.25, 3);
      expect(run.steps[0]?.warnings).toEqual([expect.stringContaining('trainer and sampler differ by 2.5e-1')]);
    });
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
