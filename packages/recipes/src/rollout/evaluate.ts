/** The policy as its sampler draws from it, and what its answers to the validation rows earn. */
import { invariant } from '@preheat/contracts';
import type { Trainer } from '@preheat/nn';
import type { RecipeContext, TrainingRow, ValidationAnswers } from '../recipe.js';
import { seedOf } from '../training/random-streams.js';
import { collect, rolloutsOf } from './collect.js';
import type { RolloutConfig } from '../catalog/rollout-keys.js';
import { score } from './score.js';

interface EvaluationConfig extends RolloutConfig {
  readonly eval_interval: number;
  readonly eval_rows: number;
  readonly eval_samples: number;
  readonly temperature: number;
}

/** Versions of averaged weights lie this far above those that are trained, which are another policy after the same step. */
const AVERAGED_VERSIONS = 2 ** 30;

/** Makes the sampler draw from the current weights. */
export async function publish(
  trainer: Trainer,
  ctx: RecipeContext<RolloutConfig>,
  policyVersion: number,
): Promise<void> {
  await rolloutsOf(ctx).updateWeights(await trainer.weights(), policyVersion);
}

/** The evaluation after a step, where one is due: every `eval_interval` steps and at the last; else null. */
export async function evaluateWhenDue(
  trainer: Trainer,
  ctx: RecipeContext<EvaluationConfig>,
  step: number,
  totalSteps: number,
): Promise<ValidationAnswers | null> {
  const isDue = ctx.validationRows.length > 0 && (step % ctx.config.eval_interval === 0 || step >= totalSteps);
  return isDue ? evaluate(trainer, ctx, step) : null;
}

/**
 * Answers of the policy after that many steps to the first `eval_rows` validation rows, `eval_samples` to each: one is greedy, several
 * are sampled as in training. It answers with its averaged weights where an average is kept, as its checkpoint does.
 */
export async function evaluate(
  trainer: Trainer,
  ctx: RecipeContext<EvaluationConfig>,
  policyVersion: number,
): Promise<ValidationAnswers> {
  const version = trainer.keepsAverage ? AVERAGED_VERSIONS + policyVersion : policyVersion;
  await trainer.withAverage(() => publish(trainer, ctx, version));
  const { eval_rows: count, eval_samples: perRow, temperature } = ctx.config;
  const seed = seedOf(ctx.seed, `evaluation ${policyVersion}`);
  const drawn = perRow === 1 ? { perRow, temperature: 0, seed: 0 } : { perRow, temperature, seed };
  const completions = await collect(ctx, ctx.validationRows.slice(0, count), { ...drawn, policyVersion: version });
  return { completions, grades: await score(ctx, completions), drawn };
}

export function rowsAt(rows: readonly TrainingRow[], indices: Int32Array): TrainingRow[] {
  return Array.from(indices, (index) => {
    const row = rows[index];
    invariant(row, `prompt ${index} of ${rows.length}`);
    return row;
  });
}
