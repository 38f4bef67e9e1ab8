/** How much of a run is done at a time: what is lost with a worker, and one segment of the results. */
import { MAX_ITEM_SEGMENTS, type StoredRun } from '@preheat/contracts';

/** Answers of one batch, as far as whole rows allow, and more where a run would have too many segments. */
const BATCH_ITEMS = 64;
/** Less than there may be: a run begun with smaller batches goes on with these. */
const SEGMENTS = MAX_ITEM_SEGMENTS / 2;

/** Rows of one batch. Each batch is one segment of the results. */
export function batchRows({
  samplesPerItem: samples = 1,
  counts,
}: Pick<StoredRun, 'samplesPerItem' | 'counts'>): number {
  return Math.max(1, Math.floor(BATCH_ITEMS / samples), Math.ceil(counts.total / samples / SEGMENTS));
}
