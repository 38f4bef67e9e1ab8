/** Before the first step: the starting policy answers every row a few times, and rows without a right answer are left out. */
import type { Trainer } from '@preheat/nn';
import type { RowChoice } from '../grpo/loop.js';
import type { RecipeContext } from '../recipe.js';
import { tryRows } from '../rollout/try-rows.js';
import type { RifConfig } from './config.js';
import { learnableRows } from './learnable-rows.js';

export async function chooseRows(ctx: RecipeContext<RifConfig>, trainer: Trainer): Promise<RowChoice> {
  const trial = { perRow: ctx.config.filter_rollouts, purpose: 'rft-no-forget filter' };
  const rows = learnableRows(await tryRows(ctx, trainer, trial));
  return { rows, metrics: { kept_fraction: rows.length / ctx.trainingRows.length } };
}
