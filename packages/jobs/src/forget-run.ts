/**
 * Runs that were deleted, with their eval or alone, do not come back. Some have ids that are known before they are stored (a
 * validation of a job, the run of a gate), and a step may be taken again long after.
 */
import { KEYS, type StoredRun } from '@preheat/contracts';
import { listAll, type ObjectStore } from '@preheat/ports';
import { inLanes } from './sweep-turns.js';

/** A run has up to some thousands of objects, and a request has seconds. */
const DELETIONS_AT_ONCE = 16;

type RunKey = Pick<StoredRun, 'evalId' | 'id'>;

/** Whether its owner deleted the run, or the eval. */
export async function isForgotten(store: ObjectStore, { evalId, id }: RunKey): Promise<boolean> {
  const [evaluation, tombstone] = await Promise.all([
    store.head(KEYS.evaluation(evalId)),
    store.head(KEYS.deletedRun(evalId, id)),
  ]);
  return evaluation === undefined || tombstone !== undefined;
}

/** Deletes all that there is of a run. @param entry Its key in the list of runs, where it is listed. */
export async function forgetRun(store: ObjectStore, { evalId, id }: RunKey, entry?: string): Promise<void> {
  if (entry !== undefined) await store.delete(entry);
  await store.delete(KEYS.activeRun(evalId, id));
  await inLanes(listAll(store, KEYS.runObjects(evalId, id)), DELETIONS_AT_ONCE, ({ key }) => store.delete(key));
}
