/** Results of a run as immutable segments of JSON lines; a segment counts once `run.json` lists it. */
import { ApiError, decodeStored, InvariantError, KEYS, OutputItem, type StoredRun } from '@preheat/contracts';
import { isForgotten } from '@preheat/jobs';
import type { ObjectStore } from '@preheat/ports';

export const deletedRun = (id: string): ApiError =>
  new ApiError('not_found', `Run ${id}, or its eval, was deleted.`, { param: 'run_id' });

type ItemSegment = StoredRun['segments'][number];

/** Writes results beginning with item `first`; nobody sees them before the returned segment is listed. */
export async function writeItems(
  store: ObjectStore,
  run: Pick<StoredRun, 'evalId' | 'id' | 'epoch'>,
  first: number,
  items: readonly OutputItem[],
): Promise<ItemSegment> {
  const key = KEYS.runItems(run.evalId, run.id, run.epoch, first);
  const text = items.map((item) => `${JSON.stringify(item)}\n`).join('');
  await store.put(key, new TextEncoder().encode(text), { contentType: 'application/x-ndjson' });
  return { key, first, count: items.length };
}

type ReadRun = Pick<StoredRun, 'evalId' | 'id' | 'segments'>;

/** @throws ApiError `not_found` when the run, or its eval, is deleted meanwhile. */
export async function* readItems(store: ObjectStore, run: ReadRun, from = 0): AsyncGenerator<OutputItem> {
  for (const segment of run.segments) {
    if (segment.first + segment.count <= from) continue;
    yield* await readSegment(store, run, segment);
  }
}

async function readSegment(store: ObjectStore, run: ReadRun, segment: ItemSegment): Promise<OutputItem[]> {
  const object = await store.get(segment.key);
  if (!object) {
    if (await isForgotten(store, run)) throw deletedRun(run.id);
    throw new InvariantError(`item segment ${segment.key} is listed but missing`);
  }
  const encoder = new TextEncoder();
  const lines = new TextDecoder().decode(object.body).split('\n').filter(Boolean);
  return lines.map((line) => decodeStored(OutputItem, encoder.encode(line), segment.key));
}
