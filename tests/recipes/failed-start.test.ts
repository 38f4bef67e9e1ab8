/** A phase that cannot be opened or restored leaves nothing behind in a runner that goes on to other jobs. */
import type { Executor, TrainingState } from '@preheat/executor';
import { describe, expect, it } from 'vitest';
import { runtimeOf, smokeOf, withPhase } from './recipe-bench.js';

describe.each(['grpo', 'ppo'])('%s', (name) => {
  it('closes its trainer when the reference cannot be read, at the start and from a snapshot', async () => {
    const recipe = runtimeOf(name);
    await withPhase({ recipe: name, config: { ...smokeOf(name).config, kl_beta: 0.1 }, seed: 3 }, async (ctx) => {
      const state = await recipe.init(ctx);
      const snapshot = await recipe.snapshot(state);
      await recipe.dispose(state);
      const opened: TrainingState[] = [];
      const { executor } = ctx;
      const watched: Executor = {
        ...executor,
        openTraining: async (...args) => {
          const training = await executor.openTraining(...args);
          opened.push(training);
          return training;
        },
      };
      const referencePolicy = () => Promise.reject(new Error('the store is away'));
      const broken = { ...ctx, executor: watched, referencePolicy };
      await expect(recipe.init(broken)).rejects.toThrow('the store is away');
      await expect(recipe.restore(broken, snapshot)).rejects.toThrow('the store is away');
      expect(opened).toHaveLength(2);
      for (const training of opened) await expect(training.read()).rejects.toThrow('disposed');
    });
  });
});
