/**
 * Deletes the parts and the record of uploads some time after they expired, however they ended: until then a repeated
 * request is answered like the first. A crash in between leaves the entry, so the next sweep goes on.
 */
import { KEYS } from '@preheat/contracts';
import { SweepTurn } from '@preheat/jobs';
import { type Clock, listAll, type ObjectStore } from '@preheat/ports';

/** Requests that began before the expiry may still be under way. */
const GRACE_MS = 3_600_000;
const TIME_LENGTH = 15;

/** The number of uploads removed. @param turn What of the open uploads is looked at. */
export async function sweepUploads(
  { store, clock }: { store: ObjectStore; clock: Clock },
  turn = new SweepTurn({ store, clock }),
): Promise<number> {
  let removed = 0;
  const entryOf = (key: string): string => key.slice(KEYS.openUploads.length);
  const isDue = (key: string): boolean => Number(entryOf(key).slice(0, TIME_LENGTH)) + GRACE_MS <= clock.nowMs();
  for await (const { key } of turn.entries(KEYS.openUploads, isDue)) {
    const id = entryOf(key).slice(TIME_LENGTH + 1);
    for await (const part of listAll(store, KEYS.uploadParts(id))) {
      // The entry leads the next sweep to the rest.
      if (turn.isOver) return removed;
      await store.delete(part.key);
    }
    await store.delete(KEYS.upload(id));
    await store.delete(key);
    removed++;
  }
  return removed;
}
