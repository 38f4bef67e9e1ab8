/** Recipes that choose their rows by what the starting policy makes of them, and those that end a phase by what they see. */
import { describe, expect, it } from 'vitest';
import { type AnyContext, runPhase, runtimeOf, withPhase } from './recipe-bench.js';

const shared = { batch_size: 4, group_size: 2, max_completion_tokens: 6, max_steps: 3, eval_interval: 3 };
/** Fresh weights never spell a word of three letters backwards; nothing is below the lowest grade. */
const [NEVER, ALWAYS] = [{ pass_grade: 1 }, { pass_grade: 0 }];

const phase = <T>(recipe: string, own: object, work: (ctx: AnyContext) => Promise<T>) =>
  withPhase({ recipe, config: { ...shared, ...own }, seed: 3, rows: 16 }, work);

describe('a phase without a row to train on', () => {
  it.each([
    ['rft-no-forget', { ...NEVER, filter_rollouts: 1 }],
    ['sari-curriculum', { ...NEVER, filter_rollouts: 1 }],
    ['acereason-synergy', { ...ALWAYS, filter_rollouts: 1 }],
  ])('of %s ends at once, says so, and keeps the model as it is', async (recipe, own) => {
    await phase(recipe, own, async (ctx) => {
      const { steps, snapshots } = await runPhase(runtimeOf(recipe), ctx);
      expect(steps).toHaveLength(1);
      const [step] = steps;
      expect(step).toMatchObject({ done: true, tokens: 0 });
      expect(step?.metrics).toMatchObject({ kept_fraction: 0, trained_rows: 0, update_skipped: 1 });
      expect(step?.metrics['full_valid_mean_reward']).toSatisfy(Number.isFinite);
      expect(step?.event.message).not.toMatch(/^Step/);
      expect(step?.warnings?.[0]).toContain('the weights stay as they are');
      expect(snapshots.at(-1)?.weights).toEqual(ctx.initialWeights);
      const resumed = await runPhase(runtimeOf(recipe), ctx, snapshots[0]);
      expect(resumed.steps).toEqual(steps);
    });
  });
});

it('a curriculum visits rows from the easiest to the hardest in every epoch, whatever the seed', async () => {
  const own = { ...ALWAYS, filter_rollouts: 1, batch_size: 16, n_epochs: 3, drop_unsolved: false };
  const prompts = (seed: number) =>
    phase('sari-curriculum', own, async (ctx) => {
      const { rollouts } = ctx;
      if (!rollouts) throw new Error('a reinforcement phase has rollouts');
      const asked: string[] = [];
      const watched = {
        updateWeights: rollouts.updateWeights.bind(rollouts),
        generate: (...[given, options]: Parameters<typeof rollouts.generate>) => {
          if (options.temperature > 0) asked.push(given.map(({ tokens }) => tokens.join(' ')).join(','));
          return rollouts.generate(given, options);
        },
      };
      await runPhase(runtimeOf('sari-curriculum'), { ...ctx, seed, rollouts: watched }, undefined, false);
      return asked.slice(1);
    });
  const [first = [], second = []] = [await prompts(1), await prompts(2)];
  expect(first).toHaveLength(3);
  // Every row is as easy as every other, so the order is that of the file in each of three epochs.
  expect(new Set([...first, ...second]).size).toBe(1);
});

it('a policy that selects too few for some steps in a row ends its phase, also when it was resumed between them', async () => {
  const own = { select_mark: 'NOBODY', collapse_fraction: 0.01, collapse_steps: 2 };
  await phase('ats-reward', own, async (ctx) => {
    const whole = await runPhase(runtimeOf('ats-reward'), ctx);
    expect(whole.steps.map(({ done }) => done)).toEqual([false, true]);
    const [first, last] = whole.steps;
    expect(first?.warnings?.at(-1)).toContain('selects 0.0 %');
    expect(last?.warnings).toEqual([]);
    expect(last?.event.message).toContain('; the phase ends: the policy selects 0.0 %');
    expect(last?.metrics).toMatchObject({ step: 2, total_steps: 3, selected_fraction: 0 });
    expect(last?.metrics['full_valid_mean_reward']).toSatisfy(Number.isFinite);
    const rest = await runPhase(runtimeOf('ats-reward'), ctx, whole.snapshots[1]);
    expect(rest.steps).toHaveLength(1);
  });
});
