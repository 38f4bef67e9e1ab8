/** Every recipe learns the reversal task: what its smoke.json promises holds for each of three seeds. */
import type { TensorMap } from '@preheat/checkpoints';
import { describe, expect, it } from 'vitest';
import { curve, recipeNames, runPhase, runtimeOf, smokeOf, type SmokeFile, withPhase } from './recipe-bench.js';

type WarmUp = NonNullable<SmokeFile['learning']['warmUp']>;

const SEEDS = [1, 2, 3];
const ROWS = 512;
/** Steps averaged at both ends of a curve. */
const ENDS = 4;

/** By what they depend on: most recipes start from the same three, and training those again for each would prove nothing more. */
const warmUps = new Map<string, Promise<TensorMap>>();

async function trained(recipe: string, config: WarmUp['config'], seed: number): Promise<TensorMap> {
  const phase = { recipe, config, seed, rows: ROWS };
  const { snapshots } = await withPhase(phase, (ctx) => runPhase(runtimeOf(recipe), ctx, undefined, false));
  const last = snapshots.at(-1);
  if (!last) throw new Error(`the warm-up by ${recipe} left no weights`);
  return last.weights;
}

/** Weights to train from. Each caller gets its own: a recipe may train them in place. */
async function warmedUp({ recipe, config }: WarmUp, seed: number): Promise<TensorMap> {
  const key = JSON.stringify([recipe, config, seed]);
  const warmUp = warmUps.get(key) ?? trained(recipe, config, seed);
  warmUps.set(key, warmUp);
  return new Map([...(await warmUp)].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(recipeNames)('%s', (name) => {
  const { learning } = smokeOf(name);

  it.each(SEEDS)('learns with seed %i', async (seed) => {
    const weights = learning.warmUp && (await warmedUp(learning.warmUp, seed));
    const phase = { recipe: name, config: learning.config, seed, rows: ROWS, ...(weights ? { weights } : {}) };
    const run = await withPhase(phase, (ctx) => runPhase(runtimeOf(name), ctx, undefined, false));
    const values = curve(run, learning.metric);
    if (learning.direction === 'below') expect(values.at(-1)).toBeLessThan(learning.bound);
    else expect(mean(values.slice(-ENDS)) - mean(values.slice(0, ENDS))).toBeGreaterThan(learning.bound);
  });
});
