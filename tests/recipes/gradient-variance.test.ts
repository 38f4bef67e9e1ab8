/** Measuring how much gradients vary changes nothing of training, and sees weighting vary more than sampling. */
import { expect, it } from 'vitest';
import { runPhase, runtimeOf, smokeOf, withPhase } from './recipe-bench.js';

it('measures gradients of single rows, and trains on as if it had not', async () => {
  const recipe = 'cooldown-sampling';
  const run = (variance_rows: number) =>
    withPhase({ recipe, config: { ...smokeOf(recipe).config, max_steps: 4, variance_rows }, seed: 5 }, (ctx) => {
      // One domain of most rows, and one of few.
      const trainingRows = ctx.trainingRows.map((row, i) => ({ ...row, answer: i < 8 ? 'few' : 'many' }));
      return runPhase(runtimeOf(recipe), { ...ctx, trainingRows });
    });
  const [plain, measured] = [await run(0), await run(6)];
  expect(measured.snapshots).toEqual(plain.snapshots);
  const factors = measured.steps.map(({ metrics }) => metrics['measured_variance_factor']);
  expect(factors.map((factor) => factor === undefined)).toEqual([true, false, true, false]);
  for (const [i, factor] of factors.entries()) {
    if (factor === undefined) continue;
    const predicted = Number(measured.steps[i]?.metrics['weighting_variance_factor']);
    expect(factor).toBeGreaterThan(1);
    expect(factor / predicted).toBeGreaterThan(0.5);
    expect(factor / predicted).toBeLessThan(2);
  }
  expect(plain.steps.every(({ metrics }) => metrics['measured_variance_factor'] === undefined)).toBe(true);
});
