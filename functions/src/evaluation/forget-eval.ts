/**
 * Deletes evals with all that there is of them: thousands of runs, each of thousands of objects. A request does so for as long as it
 * may take; a mark, there before anything goes, leads the sweeper to the rest.
 */
import { decodeStored, KEYS, StoredEval } from '@preheat/contracts';
import { inLanes, SweepTurn } from '@preheat/jobs';
import { type Clock, listAll, type Log, type ObjectStore, putIdempotent } from '@preheat/ports';

const DELETIONS_AT_ONCE = 16;

/** Says that an eval is to go, with its runs, whatever becomes of who deletes it. */
export async function doomEval(store: ObjectStore, id: string): Promise<void> {
  await putIdempotent(store, KEYS.doomedEval(id), new Uint8Array());
}

/** As `forgetEval`, of one that is doomed: also its entry among the evals, and then the mark. */
export async function forgetDoomedEval(store: ObjectStore, id: string, isOver: () => boolean): Promise<boolean> {
  const key = KEYS.evaluation(id);
  const object = await store.get(key);
  if (object) {
    const { projectId, createdAtMs } = decodeStored(StoredEval, object.body, key);
    await store.delete(KEYS.evaluationIndexEntry(projectId, createdAtMs, id));
  }
  if (!(await forgetEval(store, id, isOver))) return false;
  await store.delete(KEYS.doomedEval(id));
  return true;
}

/**
 * All that there is of an eval and its runs, but for its entry among the evals. May be repeated.
 * @param isOver Whether to stop half way.
 * @returns whether nothing is left.
 */
export async function forgetEval(store: ObjectStore, id: string, isOver = () => false): Promise<boolean> {
  // First: whoever stores a run looks for it afterwards, and takes the run back.
  await store.delete(KEYS.evaluation(id));
  for (const prefix of [KEYS.runIndex(id), KEYS.evaluationObjects(id)]) {
    await inLanes(inTime(listAll(store, prefix), isOver), DELETIONS_AT_ONCE, ({ key }) => store.delete(key));
    if (isOver()) return false;
  }
  return true;
}

export interface EvalSweep {
  readonly deleted: number;
  /** Evals of which something could not be deleted; the log says why. */
  readonly failed: number;
}

/** Goes on with what requests left. @param turn What of the doomed evals is looked at. */
export async function sweepDoomedEvals(
  deps: { readonly store: ObjectStore; readonly clock: Clock; readonly log: Log },
  turn = new SweepTurn(deps),
): Promise<EvalSweep> {
  const result = { deleted: 0, failed: 0 };
  for await (const { key } of turn.entries(KEYS.doomedEvals)) {
    try {
      const isGone = await forgetDoomedEval(deps.store, key.slice(KEYS.doomedEvals.length), () => turn.isOver);
      if (isGone) result.deleted++;
    } catch (error) {
      result.failed++;
      deps.log.error('an eval could not be deleted', { key, error });
    }
  }
  return result;
}

async function* inTime<T>(items: AsyncIterable<T>, isOver: () => boolean): AsyncGenerator<T> {
  for await (const item of items) {
    if (isOver()) return;
    yield item;
  }
}
