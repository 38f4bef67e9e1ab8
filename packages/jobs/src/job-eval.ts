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

/** One that was deleted meanwhile stays out of the list. */
export async function listEval(store: ObjectStore, { id, projectId, createdAtMs }: Listed): Promise<void> {
  if (!(await store.head(KEYS.evaluation(id)))) return;
  await putIdempotent(store, KEYS.evaluationIndexEntry(projectId, createdAtMs, id), new Uint8Array());
}
