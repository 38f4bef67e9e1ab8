/** Deletes all that there is of an eval and its runs, but for its entry among the evals. */
import { KEYS } from '@preheat/contracts';
import { listAll, type ObjectStore } from '@preheat/ports';

/**
 * May be repeated.
 * @param isOver Whether to stop half way.
 * @returns whether nothing is left.
 */
export async function forgetEval(store: ObjectStore, id: string, isOver = () => false): Promise<boolean> {
  // First: whoever stores a run looks for it afterwards, and takes the run back.
  await store.delete(KEYS.evaluation(id));
  for (const prefix of [KEYS.runIndex(id), KEYS.evaluationObjects(id)]) {
    for await (const { key } of listAll(store, prefix)) {
      if (isOver()) return false;
      await store.delete(key);
    }
  }
  return true;
}
