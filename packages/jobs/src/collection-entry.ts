/**
 * The collector's schedule. An entry is written before anything of its job, and holds the keys outside the job's folder that
 * are written before the job's document: whoever dies in between leaves nothing that nobody finds.
 */
import { KEYS } from '@preheat/contracts';
import { type ObjectStore, putIdempotent } from '@preheat/ports';

/** Has the collector look at a job, a grace period from now. */
export async function scheduleCollection(
  store: ObjectStore,
  nowMs: number,
  jobId: string,
  traces: readonly string[] = [],
): Promise<void> {
  await putIdempotent(store, KEYS.collection(nowMs, jobId), encodeTraces(traces));
}

export const encodeTraces = (traces: readonly string[]): Uint8Array => new TextEncoder().encode(traces.join('\n'));

export const decodeTraces = (body: Uint8Array | undefined): string[] =>
  new TextDecoder().decode(body).split('\n').filter(Boolean);
