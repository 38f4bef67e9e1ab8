/**
 * Dataset pruning by EL2N (Paul et al. 2021, "Deep Learning on a Data Diet", arXiv 2107.07075, section 2.2): the L2 norm of a
 * prediction's error, softmax minus one-hot. Of a row, the mean over its trained tokens. Rows with the lowest scores, which the
 * starting policy knows already, are left out.
 */
import { invariant } from '@preheat/contracts';
import type { TokenRecord } from '@preheat/nn';
import type { RecipeContext } from '../recipe.js';
import { topRows } from '../training/top-rows.js';
import { openTrainer } from '../training/trainer-state.js';
import { prunedCount, type SftConfig } from './config.js';
import { Demonstrations } from './demonstrations.js';

/** Rows scored at once: bounds what is held, and how long a cancelled job goes on. */
const ROWS_PER_CALL = 128;

/** Indices of the rows that are kept, ascending; null where none is left out. */
export async function pruneRows(ctx: RecipeContext<SftConfig>): Promise<number[] | null> {
  const { config, trainingRows, tokenizer, signal } = ctx;
  const kept = prunedCount(config, trainingRows.length);
  if (kept === trainingRows.length) return null;
  const options = { maxTokens: config.max_sequence_length, keep: false };
  const rows = new Demonstrations(trainingRows, tokenizer, options);
  const trainer = await openTrainer(ctx, 0);
  try {
    const scores: number[] = [];
    for (let first = 0; first < rows.count; first += ROWS_PER_CALL) {
      signal.throwIfAborted();
      const length = Math.min(ROWS_PER_CALL, rows.count - first);
      const records = Array.from({ length }, (_, i) => rows.record(first + i));
      const norms = await trainer.errorNorms(records.map(({ tokens }) => tokens));
      scores.push(...records.map((record, i) => meanOfTrained(norms[i], record)));
    }
    return topRows(scores, kept);
  } finally {
    await trainer.dispose();
  }
}

/** The mean over the tokens that carry loss; 0 for a row without any, from which nothing is learned. */
export function meanOfTrained(norms: Float32Array | undefined, { trainMask }: Pick<TokenRecord, 'trainMask'>): number {
  invariant(norms?.length === trainMask.length, 'one norm a token');
  const trained = norms.filter((_, t) => t > 0 && trainMask[t] === 1);
  return trained.reduce((sum, norm) => sum + norm, 0) / Math.max(1, trained.length);
}
