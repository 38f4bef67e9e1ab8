/** Deletes all that there is of an eval and its runs, but for its entry among the evals. */
import { KEYS } from '@preheat/contracts';
import { listAll, type ObjectStore } from '@preheat/ports';

export async function forgetEval(store: ObjectStore, id: string): Promise<void> {
  // First: whoever stores a run looks for it afterwards, and takes the run back.
  await store.delete(KEYS.evaluation(id));
  for (const prefix of [KEYS.runIndex(id), KEYS.evaluationObjects(id)]) {
    for await (const { key } of listAll(store, prefix)) await store.delete(key);
  }
}
