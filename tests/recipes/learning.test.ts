/** Every recipe learns the reversal task: what its smoke.json promises holds for each of three seeds. */
import type { TensorMap } from '@preheat/checkpoints';
import { describe, expect, it } from 'vitest';
import { curve, recipeNames, runPhase, runtimeOf, smokeOf, type SmokeFile, withPhase } from './recipe-bench.js';

const SEEDS = [1, 2, 3];
const ROWS = 512;
/** Steps averaged at both ends of a curve. */
const ENDS = 4;

async function warmedUp({ warmUp }: SmokeFile['learning'], seed: number): Promise<TensorMap | undefined> {
  if (!warmUp) return undefined;
  const phase = { recipe: warmUp.recipe, config: warmUp.config, seed, rows: ROWS };
  const { snapshots } = await withPhase(phase, (ctx) => runPhase(runtimeOf(warmUp.recipe), ctx, undefined, false));
  return snapshots.at(-1)?.weights;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(recipeNames)('%s', (name) => {
  const { learning } = smokeOf(name);

  it.each(SEEDS)('learns with seed %i', async (seed) => {
    const weights = await warmedUp(learning, seed);
    const phase = { recipe: name, config: learning.config, seed, rows: ROWS, ...(weights ? { weights } : {}) };
    const run = await withPhase(phase, (ctx) => runPhase(runtimeOf(name), ctx, undefined, false));
    const values = curve(run, learning.metric);
    if (learning.direction === 'below') expect(values.at(-1)).toBeLessThan(learning.bound);
    else expect(mean(values.slice(-ENDS)) - mean(values.slice(0, ENDS))).toBeGreaterThan(learning.bound);
  });
});
