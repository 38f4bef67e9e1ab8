/**
 * A job's events as immutable segment objects that count once the job document lists them. Appending merges the newest
 * segments like a binary counter, so a log of n events has about log n small segments plus n / MAX full ones, and each
 * event is rewritten at most log MAX times. Segments that a merge replaced stay readable for readers of older versions.
 */
import { decodeStored, type EventSegment, KEYS, type NewEvent, StoredEvent } from '@preheat/contracts';
import { type ObjectStore, putIdempotent } from '@preheat/ports';

/** Most events in one segment. */
export const SEGMENT_EVENTS_MAX = 4096;

export interface EventLogFields {
  readonly id: string;
  readonly events: EventSegment[];
  readonly nextSequence: number;
}

/**
 * Writes `added` as a segment and returns the fields to put into the job document. Until that document is written the
 * segment is invisible; if the write is lost, it is an orphan.
 */
export async function appendEvents(
  store: ObjectStore,
  job: EventLogFields,
  added: readonly NewEvent[],
  nowMs: number,
  writeId: string,
): Promise<Pick<EventLogFields, 'events' | 'nextSequence'>> {
  if (added.length === 0) return { events: job.events, nextSequence: job.nextSequence };
  const fresh = added.map((event, i) => ({ ...event, sequence: job.nextSequence + i, createdAtMs: nowMs }));
  const kept = [...job.events];
  let merged: StoredEvent[] = fresh;
  for (let last = kept.at(-1); last && mergesWith(last, merged.length); last = kept.at(-1)) {
    merged = [...(await readSegment(store, last)), ...merged];
    kept.pop();
  }
  const firstSequence = merged[0]?.sequence ?? job.nextSequence;
  const key = KEYS.jobEvents(job.id, firstSequence, writeId);
  await putIdempotent(store, key, encodeLines(merged), 'application/x-ndjson');
  kept.push({ key, firstSequence, count: merged.length });
  return { events: kept, nextSequence: job.nextSequence + added.length };
}

function mergesWith(last: EventSegment, count: number): boolean {
  return last.count <= count && last.count + count <= SEGMENT_EVENTS_MAX;
}

/** Events with a sequence below `before`, newest first, at most `limit`. */
export async function newestEvents(
  store: ObjectStore,
  job: EventLogFields,
  before: number,
  limit: number,
): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (const segment of [...job.events].reverse()) {
    if (found.length >= limit) break;
    if (segment.firstSequence >= before) continue;
    const events = await readSegment(store, segment);
    found.push(...events.filter((event) => event.sequence < before).reverse());
  }
  return found.slice(0, limit);
}

/** Events with a sequence of at least `from`, oldest first, at most `limit`. */
export async function eventsSince(
  store: ObjectStore,
  job: EventLogFields,
  from: number,
  limit: number,
): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (const segment of job.events) {
    if (found.length >= limit) break;
    if (segment.firstSequence + segment.count <= from) continue;
    const events = await readSegment(store, segment);
    found.push(...events.filter((event) => event.sequence >= from));
  }
  return found.slice(0, limit);
}

async function readSegment(store: ObjectStore, segment: EventSegment): Promise<StoredEvent[]> {
  const object = await store.get(segment.key);
  if (!object) throw new Error(`event segment ${segment.key} is listed but missing`);
  const lines = new TextDecoder().decode(object.body).split('\n').filter(Boolean);
  return lines.map((line) => decodeStored(StoredEvent, line, segment.key));
}

function encodeLines(events: readonly StoredEvent[]): Uint8Array {
  return new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}
