/** Loss and token accuracy on the validation rows: a sample at intervals, all of them at the end. */
import { CROSS_ENTROPY, imitate, type Trainer, trainedTokens } from '@preheat/nn';
import type { RecipeContext } from '../recipe.js';
import type { SupervisedConfig } from './config.js';
import type { Demonstrations } from './demonstrations.js';

/** Rows scored at once: bounds what is held while a large validation file is read. */
const CHUNK_ROWS = 512;

/**
 * The metrics that are due after step `step` (1 is the first): `valid_*` over the first `eval_rows` rows every
 * `eval_interval` steps, `full_valid_*` over every row after the last step. Empty when none are due or no rows exist.
 */
export async function validationMetrics(
  trainer: Trainer,
  rows: Demonstrations,
  { config, signal }: Pick<RecipeContext<SupervisedConfig>, 'config' | 'signal'>,
  step: number,
  totalSteps: number,
): Promise<Record<string, number>> {
  const isLast = step >= totalSteps;
  if (rows.count === 0 || (!isLast && step % config.eval_interval !== 0)) return {};
  return trainer.withAverage(async () => {
    const sample = await evaluate(trainer, rows, Math.min(rows.count, config.eval_rows), signal);
    const metrics = { valid_loss: sample.loss, valid_mean_token_accuracy: sample.accuracy };
    if (!isLast) return metrics;
    const full = rows.count <= config.eval_rows ? sample : await evaluate(trainer, rows, rows.count, signal);
    return { ...metrics, full_valid_loss: full.loss, full_valid_mean_token_accuracy: full.accuracy };
  });
}

/** Token-weighted means over the first `count` rows. */
async function evaluate(trainer: Trainer, rows: Demonstrations, count: number, signal: AbortSignal) {
  const sums = { loss: 0, correct: 0, tokens: 0 };
  for (let start = 0; start < count; start += CHUNK_ROWS) {
    signal.throwIfAborted();
    const length = Math.min(CHUNK_ROWS, count - start);
    const records = Array.from({ length }, (_, i) => rows.record(start + i));
    const { loss, correct } = await trainer.evaluate(records.map(imitate), CROSS_ENTROPY, { crossEntropy: 1 });
    sums.loss += loss;
    sums.correct += correct;
    sums.tokens += records.reduce((sum, record) => sum + trainedTokens(record), 0);
  }
  const tokens = Math.max(1, sums.tokens);
  return { loss: sums.loss / tokens, accuracy: sums.correct / tokens };
}
