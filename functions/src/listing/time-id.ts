/**
 * Ids that carry their creation time: the position of an item in its index follows from the id alone. A client that
 * deletes what it lists can therefore continue after an id that is gone.
 */
import { TIME_DIGITS, timeIdOf } from '@preheat/jobs';
import type { Clock, Ids } from '@preheat/ports';

/** No id is older than this platform, so an earlier time means that the id was not made here. */
const EARLIEST_MS = Date.UTC(2020, 0);
const DAY_MS = 86_400_000;

/** `<prefix><time><unique>`, letters and digits after the prefix: `file-0m4x…`, `eval_0m4x…`. */
export function timeId(
  prefix: string,
  { clock, ids }: { clock: Clock; ids: Ids },
): { id: string; createdAtMs: number } {
  const createdAtMs = clock.nowMs();
  return { id: ids.next(timeIdOf(prefix, createdAtMs, '')), createdAtMs };
}

/** When the id was made, or undefined for ids from elsewhere. */
export function createdAtOf(prefix: string, id: string, nowMs: number): number | undefined {
  if (!id.startsWith(prefix)) return undefined;
  const time = id.slice(prefix.length, prefix.length + TIME_DIGITS);
  if (!/^[0-9a-z]{9}$/.test(time)) return undefined;
  const createdAtMs = Number.parseInt(time, 36);
  return createdAtMs >= EARLIEST_MS && createdAtMs <= nowMs + DAY_MS ? createdAtMs : undefined;
}
