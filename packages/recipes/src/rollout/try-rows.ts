/** Before the first step: the starting policy answers every row a few times, for recipes that choose rows by that. */
import type { Trainer } from '@preheat/nn';
import type { RecipeContext } from '../recipe.js';
import type { RolloutConfig } from '../catalog/rollout-keys.js';
import { seedOf } from '../training/random-streams.js';
import { collect } from './collect.js';
import { publish } from './evaluate.js';
import { gradedCompletions, passes } from './graded-completion.js';
import { score } from './score.js';

/** Rows answered at once: bounds what is held, and how long a cancelled job goes on. */
const ROWS_PER_CALL = 64;
const START_VERSION = 0;

interface TrialConfig extends RolloutConfig {
  readonly temperature: number;
  readonly pass_grade: number;
}

export interface TrialOptions {
  /** Answers to each row. */
  readonly perRow: number;
  /** Names the randomness of the trial. */
  readonly purpose: string;
}

/** Of every row, in order, whether each answer is right; null where the grader failed. */
export async function tryRows(
  ctx: RecipeContext<TrialConfig>,
  trainer: Trainer,
  { perRow, purpose }: TrialOptions,
): Promise<(boolean | null)[][]> {
  const { trainingRows, config, signal } = ctx;
  await publish(trainer, ctx, START_VERSION);
  const tried: (boolean | null)[][] = [];
  for (let first = 0; first < trainingRows.length; first += ROWS_PER_CALL) {
    signal.throwIfAborted();
    const rows = trainingRows.slice(first, first + ROWS_PER_CALL);
    const completions = await collect(ctx, rows, {
      perRow,
      temperature: config.temperature,
      seed: seedOf(ctx.seed, `${purpose} ${first}`),
      policyVersion: START_VERSION,
    });
    const graded = gradedCompletions(ctx, completions, await score(ctx, completions));
    const isRight = graded.map((each) => passes(each, config.pass_grade));
    tried.push(...rows.map((_, row) => isRight.slice(row * perRow, (row + 1) * perRow)));
  }
  return tried;
}

/** Share of the answers that are right; null when none of them could be graded. */
export function passRate(answers: readonly (boolean | null)[]): number | null {
  const known = answers.filter((answer) => answer !== null);
  return known.length === 0 ? null : known.filter(Boolean).length / known.length;
}
