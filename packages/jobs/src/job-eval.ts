/**
 * The eval that is made together with a job and lives on by itself. It is stored before the job's document names it, and listed
 * after: however often a create is repeated, and wherever it dies, there is one, and nobody meets it without its job.
 */
import { encodeStored, KEYS, type StoredEval } from '@preheat/contracts';
import { type ObjectStore, putIdempotent, UnknownOutcomeError } from '@preheat/ports';

/** The same for every repetition of a request, id and time included. */
export type EvalOf = (job: { readonly jobId: string; readonly reservedAtMs: number }) => StoredEval;

const MAX_ATTEMPTS = 5;

/** Once: an eval that is there already may have been changed by its owner since. */
export async function storeEval(store: ObjectStore, evaluation: StoredEval): Promise<void> {
  const key = KEYS.evaluation(evaluation.id);
  const options = { condition: { kind: 'absent' }, contentType: 'application/json' } as const;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    try {
      const result = await store.put(key, encodeStored(evaluation), options);
      if (result.ok || result.reason === 'precondition') return;
    } catch (error) {
      if (!(error instanceof UnknownOutcomeError)) throw error;
    }
  }
  throw new UnknownOutcomeError(key);
}

type Listed = Pick<StoredEval, 'id' | 'projectId' | 'createdAtMs'>;

/** One that is deleted, or meanwhile is, stays out of the list: who deletes takes the entry away before or after it is put. */
export async function listEval(store: ObjectStore, { id, projectId, createdAtMs }: Listed): Promise<void> {
  if (await isDeleted(store, id)) return;
  const entry = KEYS.evaluationIndexEntry(projectId, createdAtMs, id);
  await putIdempotent(store, entry, new Uint8Array());
  if (await isDeleted(store, id)) await store.delete(entry);
}

/** The mark first: it is there before anything goes and goes last, so what it no longer says the eval's absence does. */
async function isDeleted(store: ObjectStore, id: string): Promise<boolean> {
  return (await store.head(KEYS.doomedEval(id))) !== undefined || (await store.head(KEYS.evaluation(id))) === undefined;
}
