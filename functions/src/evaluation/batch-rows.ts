/** How much of a run is done at a time: what is lost with a worker, and one segment of the results. */
import { MAX_ITEM_SEGMENTS, type StoredRun } from '@preheat/contracts';

/** Answers of one batch, as far as whole rows allow, and more where a run would have too many segments. */
const BATCH_ITEMS = 64;
/** Less than there may be: a run begun with smaller batches goes on with these. */
const SEGMENTS = MAX_ITEM_SEGMENTS / 2;

/** Rows of one batch, as far as time allows. Each batch is one segment of the results. */
export function batchRows({
  samplesPerItem: samples = 1,
  counts,
}: Pick<StoredRun, 'samplesPerItem' | 'counts'>): number {
  return Math.max(1, Math.floor(BATCH_ITEMS / samples), Math.ceil(counts.total / samples / SEGMENTS));
}

/** Of the rows of a whole batch, where nobody knows yet how long one takes. */
const PROBED_SHARE = 1 / 8;
/** Rows differ: a batch is to take at most this share of the time that is left, judged by the one before it. */
const SHARE_OF_TIME = 1 / 2;
/** Bits that every attempt without progress takes off a batch: of 64 answers, the fourth asks for one. */
const BITS_PER_ATTEMPT = 2;

export interface BatchPace {
  /** Of the run that are not done. */
  readonly rowsLeft: number;
  /** Until whoever works on it is stopped; null: nobody stops it. */
  readonly remainingMs: number | null;
  /** Whether the worker has done none yet: it always does one. */
  readonly isFirst: boolean;
}

/**
 * Rows of the next batch, so that it ends before its worker is stopped; a batch that does not is lost, and is tried again in smaller
 * parts. 0: another worker, with more time, should go on.
 */
export function nextBatchRows(run: StoredRun, { rowsLeft, remainingMs, isFirst }: BatchPace): number {
  const whole = batchRows(run);
  // A run has a bounded number of segments: what is left must fit into those that are left.
  const least = Math.max(1, Math.ceil(rowsLeft / Math.max(1, MAX_ITEM_SEGMENTS - run.segments.length)));
  const fitting = remainingMs === null ? whole : Math.min(whole, rowsWithin(remainingMs, run, whole));
  if (fitting < 1 && !isFirst) return 0;
  return Math.max(least, fitting >> (BITS_PER_ATTEMPT * run.attempts));
}

/** Nothing is sampled or graded in a recorded run, so that all of it is quick. */
function rowsWithin(remainingMs: number, { rowMs, isRecorded = false }: StoredRun, whole: number): number {
  if (rowMs === undefined) return isRecorded ? whole : Math.ceil(whole * PROBED_SHARE);
  return rowMs === 0 ? whole : Math.floor((SHARE_OF_TIME * remainingMs) / rowMs);
}
