/** A phase whose rows were all left out: there is nothing to reinforce, so it ends at once and changes nothing. */
import type { Trainer } from '@preheat/nn';
import type { RecipeContext, StepResult } from '../recipe.js';
import { evaluate } from '../rollout/evaluate.js';
import { validationMetrics } from '../rollout/report.js';
import type { GrpoConfig } from './keys.js';

const MESSAGE = 'No row is left to train on, so the weights stay as they are';
const START_VERSION = 0;

/** @param chosen What the choice of rows reports. */
export async function leaveAsIs(
  ctx: RecipeContext<GrpoConfig>,
  trainer: Trainer,
  chosen: Readonly<Record<string, number>>,
): Promise<Omit<StepResult<unknown>, 'state'>> {
  ctx.signal.throwIfAborted();
  const valid = ctx.validationRows.length > 0 ? await evaluate(trainer, ctx, START_VERSION) : null;
  const once = { step: 1, total_steps: 1, ...chosen, trained_rows: 0, update_skipped: 1 };
  const metrics = { ...once, ...validationMetrics(valid) };
  const event = { message: MESSAGE, data: metrics };
  return { done: true, metrics, tokens: 0, event, warnings: [`${MESSAGE}.`], validation: valid };
}
