/** A run of an eval, put where workers, lists and the sweeper find it. */
import { KEYS, StoredRun } from '@preheat/contracts';
import { type Ids, type ObjectStore, putIdempotent } from '@preheat/ports';
import { DocumentStore } from './document-store.js';

const ENDED: ReadonlySet<StoredRun['state']> = new Set<StoredRun['state']>(['completed', 'canceled', 'failed']);

/**
 * Repeating it finishes what was begun, and leaves a run alone that is there. Whoever stores a run rings for it; a lost doorbell is
 * repaired by the sweeper.
 * @param listedAtMs Its place in the list, which its id must say as well. Default: when it was made.
 */
export async function storeRun(
  { store, ids }: { readonly store: ObjectStore; readonly ids: Ids },
  run: StoredRun,
  listedAtMs = run.createdAtMs,
): Promise<StoredRun> {
  const { stored } = await new DocumentStore(store, StoredRun, ids).create(KEYS.run(run.evalId, run.id), run);
  await putIdempotent(store, KEYS.runIndexEntry(run.evalId, listedAtMs, run.id), new Uint8Array());
  if (!ENDED.has(stored.document.state)) {
    await putIdempotent(store, KEYS.activeRun(run.evalId, run.id), new Uint8Array());
  }
  return stored.document;
}
