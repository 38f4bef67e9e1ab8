/** Training whose weights become useless ends with a cause that says what to change, and logs no number that is none. */
import { TrainingDivergedError } from '@preheat/recipes';
import { expect, it } from 'vitest';
import { runtimeOf, withPhase } from './recipe-bench.js';

/** Steps this long blow the weights up within a few. */
const RUINOUS = { learning_rate: 1, learning_rate_multiplier: 1000, warmup_ratio: 0, weight_decay: 1 };
const MAX_STEPS = 30;

it('supervised training ends in the step that broke the weights, not in the one after', async () => {
  const config = { ...RUINOUS, max_grad_norm: 1e6, max_steps: MAX_STEPS, n_epochs: 50, eval_interval: 1 };
  await withPhase({ recipe: 'sft', config, seed: 3 }, async (ctx) => {
    const recipe = runtimeOf('sft');
    let state = await recipe.init(ctx);
    const diverges = async () => {
      for (let step = 1; step <= MAX_STEPS; step++) {
        const result = await recipe.step(state, ctx);
        expect(result.metrics['valid_loss']).toSatisfy(Number.isFinite);
        state = result.state;
      }
    };
    await expect(diverges()).rejects.toThrow(TrainingDivergedError);
    await recipe.dispose(state);
  });
});
