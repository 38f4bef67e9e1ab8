/**
 * Reads the ordered indexes of the object store, whose keys are `<prefix><15 digits of time>-<id>`. Walking in the
 * order of the keys costs no more than the page; the other order reads the whole index, which holds keys only.
 */
import { ApiError } from '@preheat/contracts';
import { listAll, type ObjectStore } from '@preheat/ports';
import type { PageOf, PageRequest } from './page.js';
import { createdAtOf } from './time-id.js';

export interface ObjectIndex {
  readonly store: ObjectStore;
  readonly prefix: string;
  /** The order in which ascending keys come. */
  readonly keyOrder: 'asc' | 'desc';
  /** Prefix of the ids, for `createdAtOf`. */
  readonly idPrefix: string;
  keyOf(createdAtMs: number, id: string): string;
  nowMs(): number;
}

const TIME_LENGTH = 16;
const LIST_PAGE = 1000;
/** Documents read at once while a page is collected. */
const READ_AHEAD = 16;

/**
 * One page of documents. Ids whose document is gone, or which `load` leaves out, do not count towards the limit.
 * @throws ApiError `invalid_request` when `after` names nothing in this list.
 */
export async function readPage<T>(
  index: ObjectIndex,
  request: PageRequest,
  load: (id: string) => Promise<T | undefined>,
): Promise<PageOf<T>> {
  const items: T[] = [];
  for await (const ids of inBatches(walk(index, request), READ_AHEAD)) {
    const loaded = await Promise.all(ids.map(load));
    items.push(...loaded.filter((item) => item !== undefined));
    if (items.length > request.limit) return { items: items.slice(0, request.limit), hasMore: true };
  }
  return { items, hasMore: false };
}

/** The key of an id in the index, or undefined when it cannot be there. */
export async function findKey(index: ObjectIndex, id: string): Promise<string | undefined> {
  const createdAtMs = createdAtOf(index.idPrefix, id, index.nowMs());
  if (createdAtMs !== undefined) return index.keyOf(createdAtMs, id);
  for await (const entry of listAll(index.store, index.prefix)) if (idOf(index, entry.key) === id) return entry.key;
  return undefined;
}

async function* walk(index: ObjectIndex, request: PageRequest): AsyncGenerator<string> {
  const after = request.after === undefined ? undefined : await findKey(index, request.after);
  if (request.after !== undefined && after === undefined) {
    throw new ApiError('invalid_request', `'after' names nothing in this list: ${request.after}.`, { param: 'after' });
  }
  const pageSize = Math.min(LIST_PAGE, request.limit + READ_AHEAD);
  if (request.order === index.keyOrder) yield* forwards(index, after, pageSize);
  else yield* backwards(index, after);
}

async function* forwards(index: ObjectIndex, after: string | undefined, pageSize: number): AsyncGenerator<string> {
  const options = after === undefined ? { pageSize } : { pageSize, startAfter: after };
  for await (const { key } of listAll(index.store, index.prefix, options)) yield idOf(index, key);
}

async function* backwards(index: ObjectIndex, after: string | undefined): AsyncGenerator<string> {
  const keys: string[] = [];
  for await (const entry of listAll(index.store, index.prefix)) {
    if (after !== undefined && entry.key >= after) break;
    keys.push(entry.key);
  }
  for (const key of keys.reverse()) yield idOf(index, key);
}

const idOf = (index: ObjectIndex, key: string): string => key.slice(index.prefix.length + TIME_LENGTH);

async function* inBatches<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
