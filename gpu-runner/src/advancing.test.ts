import type { AdvanceCondition } from '@preheat/contracts';
import type { AnyRecipe, AnyRow, RecipeContext, Snapshot } from '@preheat/recipes';
import { describe, expect, it } from 'vitest';
import { advancing } from './advancing.js';

const CONTEXT = {} as RecipeContext<Readonly<Record<string, unknown>>, AnyRow>;
const NO_TENSORS = { weights: new Map(), adapter: null, optimizer: new Map() };

/** Measures one value a step, in turn; undefined: no evaluation at this step. */
const measuring = (metric: string, values: readonly (number | undefined)[]): AnyRecipe => ({
  name: 'measuring',
  init: async () => 0,
  restore: async (_, { plain }) => {
    expect(Object.keys(plain)).toEqual(['step']);
    return plain['step'];
  },
  snapshot: async (state): Promise<Snapshot> => ({ ...NO_TENSORS, plain: { step: state } }),
  step: async (state) => {
    const value = values[state as number];
    const metrics: Record<string, number> = value === undefined ? {} : { [metric]: value };
    const step = (state as number) + 1;
    return {
      state: step,
      done: step === values.length,
      metrics,
      tokens: 1,
      event: { message: `Step ${step}`, data: {} },
    };
  },
  dispose: async () => undefined,
});

/** Steps taken, and what the last event says. */
async function run(recipe: AnyRecipe, { resumes = false } = {}): Promise<{ steps: number; reason: unknown }> {
  let state = await recipe.init(CONTEXT);
  for (let steps = 1; ; steps++) {
    const result = await recipe.step(state, CONTEXT);
    state = resumes
      ? await recipe.restore(CONTEXT, JSON.parse(JSON.stringify(await recipe.snapshot(result.state))))
      : result.state;
    if (result.done) return { steps, reason: result.event.data['advanced'] };
  }
}

const REWARDS = [0.1, undefined, 0.3, 0.3, 0.31, 0.2, 0.6, 0.5];
const rewarded = (condition: AdvanceCondition) => advancing(measuring('full_valid_mean_reward', REWARDS), condition);

describe('a phase with a condition', () => {
  it.each<[string, AdvanceCondition, number, string | undefined]>([
    ['ends once the reward is reached', { valid_reward_at_least: 0.3 }, 3, 'the validation reward reached 0.3'],
    ['ends after evaluations without gain', { no_gain_in: 2, min_gain: 0.05 }, 5, 'no gain in 2 evaluations'],
    ['counts a small gain where none is too small', { no_gain_in: 2 }, 8, undefined],
    ['ends by whatever comes first', { no_gain_in: 1, valid_reward_at_least: 0.6 }, 4, 'no gain in 1 evaluations'],
    ['takes all its steps when nothing is reached', { valid_reward_at_least: 0.9 }, 8, undefined],
  ])('%s', async (_, condition, steps, reason) => {
    expect(await run(rewarded(condition))).toEqual({ steps, reason });
    expect(await run(rewarded(condition), { resumes: true })).toEqual({ steps, reason });
  });

  it('judges losses downwards', async () => {
    const losing = (condition: AdvanceCondition) => advancing(measuring('valid_loss', [3, 2, 1.5, 1.6, 1]), condition);
    expect(await run(losing({ valid_loss_at_most: 1.5 }))).toMatchObject({ steps: 3 });
    expect(await run(losing({ no_gain_in: 1 }))).toMatchObject({ steps: 4 });
  });
});
