/** Has the collector look after the files of a model whose name goes: those of its job, or of its import. */
import { KEYS, type ModelRecord } from '@preheat/contracts';
import { scheduleCollection } from '@preheat/jobs';
import { type Clock, type ObjectStore, putIdempotent } from '@preheat/ports';

export async function scheduleModelFiles(
  { store, clock }: { store: ObjectStore; clock: Clock },
  { jobId, prefix, kind }: ModelRecord,
): Promise<void> {
  if (kind === 'imported') await putIdempotent(store, KEYS.doomedImport(prefix), new Uint8Array());
  else if (jobId !== null) await scheduleCollection(store, clock.nowMs(), jobId);
}
