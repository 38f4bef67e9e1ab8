/**
 * The collector's schedule. An entry is written before anything of its job, and holds what the job marks as used: whoever dies
 * in between leaves no mark that nobody finds.
 */
import { KEYS } from '@preheat/contracts';
import { type ObjectStore, putIdempotent } from '@preheat/ports';

/** Has the collector look at a job, a grace period from now. */
export async function scheduleCollection(
  store: ObjectStore,
  nowMs: number,
  jobId: string,
  targets: readonly string[] = [],
): Promise<void> {
  await putIdempotent(store, KEYS.collection(nowMs, jobId), encodeTargets(targets));
}

export const encodeTargets = (targets: readonly string[]): Uint8Array => new TextEncoder().encode(targets.join('\n'));

export const decodeTargets = (body: Uint8Array | undefined): string[] =>
  new TextDecoder().decode(body).split('\n').filter(Boolean);
