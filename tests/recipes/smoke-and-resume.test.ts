/** Every recipe: a short run works and documents what it logs, and a run killed at any step boundary continues exactly. */
import { describe, expect, it } from 'vitest';
import { expectExactResumes } from './exact-resume.js';
import { type PhaseRun, readRecipeFile, recipeNames, runPhase, runtimeOf, smokeOf, withPhase } from './recipe-bench.js';

/** The first metrics of an event tree that are documented together, by their group. */
function metricNames(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  if (Array.isArray(value)) return [...new Set(value.flatMap((entry) => metricNames(entry, `${path}[]`)))];
  return Object.entries(value).flatMap(([key, entry]) => metricNames(entry, path === '' ? key : `${path}.${key}`));
}

describe.each(recipeNames)('%s', (name) => {
  const recipe = runtimeOf(name);
  const phase = { recipe: name, config: smokeOf(name).config, seed: 11 };
  let running: Promise<PhaseRun> | undefined;
  /** The phase from start to end, run once for all that look at it. */
  const straightRun = () => (running ??= withPhase(phase, (ctx) => runPhase(recipe, ctx)));

  it('runs, logs finite metrics, and its README documents every one of them', async () => {
    const { steps } = await straightRun();
    expect(steps.length).toBeGreaterThanOrEqual(2);
    const readme = readRecipeFile(name, 'README.md');
    for (const { metrics, event, tokens } of steps) {
      expect(tokens).toBeGreaterThan(0);
      for (const [key, value] of Object.entries(metrics)) expect(value, key).toSatisfy(Number.isFinite);
      for (const metric of metricNames(event.data)) expect(readme).toContain(`\`${metric}\``);
    }
    expect(steps.at(-1)?.event.message).toMatch(new RegExp(`^Step ${steps.length}/${steps.length}`));
  });

  it('training the whole model, continues bit for bit from a snapshot taken at any step boundary', async () => {
    await expectExactResumes(phase, await straightRun());
  });

  it('training an adapter, continues bit for bit from a snapshot taken at any step boundary', async () => {
    await expectExactResumes({ ...phase, config: { ...phase.config, lora_rank: 2, lora_dropout: 0.1 } });
  });

  it('refuses a snapshot of another recipe, and stops at once when aborted', async () => {
    await withPhase(phase, async (ctx) => {
      const state = await recipe.init(ctx);
      const snapshot = await recipe.snapshot(state);
      const foreign = { ...snapshot, plain: { ...snapshot.plain, recipe: 'other' } };
      await expect(recipe.restore(ctx, foreign)).rejects.toThrow('not a snapshot of');
      const aborted = { ...ctx, signal: AbortSignal.abort(new Error('cancelled by the user')) };
      await expect(recipe.step(state, aborted)).rejects.toThrow('cancelled by the user');
      await recipe.dispose(state);
    });
  });
});
