/** Walks every page of a listing: the one place that knows how to continue from a truncated page. */
import { compareKeys } from './object-key.js';
import type { ListEntry, ListResult, ObjectStore } from './object-store.js';

export interface WalkOptions {
  readonly startAfter?: string;
  readonly pageSize?: number;
}

/**
 * Every object under `prefix`, in key order, fetching pages as the caller consumes them. Objects written or deleted
 * during the walk may or may not appear.
 */
export async function* listAll(
  store: ObjectStore,
  prefix: string,
  options: WalkOptions = {},
): AsyncGenerator<ListEntry> {
  for await (const entries of listPages(store, prefix, options)) yield* entries;
}

/** As `listAll`, a page at a time. */
export async function* listPages(
  store: ObjectStore,
  prefix: string,
  options: WalkOptions = {},
): AsyncGenerator<readonly ListEntry[]> {
  let startAfter = options.startAfter;
  do {
    const page: ListResult = await store.list(prefix, {
      ...(startAfter === undefined ? {} : { startAfter }),
      ...(options.pageSize === undefined ? {} : { limit: options.pageSize }),
    });
    yield page.entries;
    startAfter = page.truncated ? lastName(page) : undefined;
  } while (startAfter !== undefined);
}

/** The greatest name of a page, to pass as the next `startAfter`; undefined for an empty page. */
export function lastName(page: ListResult): string | undefined {
  const key = page.entries.at(-1)?.key;
  const prefix = page.commonPrefixes.at(-1);
  if (key === undefined || prefix === undefined) return key ?? prefix;
  return compareKeys(key, prefix) > 0 ? key : prefix;
}
