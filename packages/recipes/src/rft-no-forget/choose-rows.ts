/** Before the first step: the starting policy answers every row a few times, and rows without a right answer are left out. */
import type { Trainer } from '@preheat/nn';
import type { RowChoice } from '../grpo/loop.js';
import type { RecipeContext } from '../recipe.js';
import { collect } from '../rollout/collect.js';
import { publish } from '../rollout/evaluate.js';
import { gradedCompletions, passes } from '../rollout/graded-completion.js';
import { score } from '../rollout/score.js';
import { seedOf } from '../training/random-streams.js';
import { UnusableRowsError } from '../training/unusable-rows-error.js';
import type { RifConfig } from './config.js';
import { learnableRows } from './learnable-rows.js';

/** Rows answered at once: bounds what is held, and how long a cancelled job goes on. */
const ROWS_PER_CALL = 64;
const START_VERSION = 0;

/** @throws UnusableRowsError when the policy answers no row right: there is nothing to reinforce. */
export async function chooseRows(ctx: RecipeContext<RifConfig>, trainer: Trainer): Promise<RowChoice> {
  const { trainingRows, config, signal } = ctx;
  await publish(trainer, ctx, START_VERSION);
  const isRight: (boolean | null)[] = [];
  for (let first = 0; first < trainingRows.length; first += ROWS_PER_CALL) {
    signal.throwIfAborted();
    const completions = await collect(ctx, trainingRows.slice(first, first + ROWS_PER_CALL), {
      perRow: config.filter_rollouts,
      temperature: config.temperature,
      seed: seedOf(ctx.seed, `rft-no-forget filter ${first}`),
      policyVersion: START_VERSION,
    });
    const graded = gradedCompletions(ctx, completions, await score(ctx, completions));
    isRight.push(...graded.map((each) => passes(each, config.pass_grade)));
  }
  const rows = learnableRows(isRight, config.filter_rollouts);
  if (rows.length > 0) return { rows, metrics: { kept_fraction: rows.length / trainingRows.length } };
  const tried = `${config.filter_rollouts} answers to each of ${trainingRows.length} rows`;
  throw new UnusableRowsError(`none of ${tried} is right: warm the model up first, or raise filter_rollouts`);
}
