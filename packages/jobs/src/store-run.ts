/** A run of an eval, put where workers, lists and the sweeper find it. */
import { ENDED_RUN_STATES, KEYS, StoredRun } from '@preheat/contracts';
import { type Ids, type ObjectStore, putIdempotent } from '@preheat/ports';
import { DocumentStore } from './document-store.js';
import { forgetRun, isForgotten } from './forget-run.js';

/**
 * Repeating it finishes what was begun, and leaves a run alone that is there. Whoever stores a run rings for it; a lost doorbell is
 * repaired by the sweeper.
 * @param listedAtMs Its place in the list, which its id must say as well. Default: when it was made.
 * @returns undefined for a run that was deleted, or whose eval was: nothing of it is left.
 */
export async function storeRun(
  { store, ids }: { readonly store: ObjectStore; readonly ids: Ids },
  run: StoredRun,
  listedAtMs = run.createdAtMs,
): Promise<StoredRun | undefined> {
  const entry = KEYS.runIndexEntry(run.evalId, listedAtMs, run.id);
  if (await isForgotten(store, run)) {
    await forgetRun(store, run, entry);
    return undefined;
  }
  const { stored } = await new DocumentStore(store, StoredRun, ids).create(KEYS.run(run.evalId, run.id), run);
  if (!ENDED_RUN_STATES.has(stored.document.state)) {
    await putIdempotent(store, KEYS.activeRun(run.evalId, run.id), new Uint8Array());
  }
  await putIdempotent(store, entry, new Uint8Array());
  // Who deletes leaves word before looking for what there is, so one of the two sees what the other wrote.
  if (await isForgotten(store, run)) {
    await forgetRun(store, run, entry);
    return undefined;
  }
  return stored.document;
}
