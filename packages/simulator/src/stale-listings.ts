/**
 * What a listing that lags behind shows: keys written a moment ago are missing, keys deleted a moment ago are still there.
 * S3 has listed consistently since 2020; other stores, caches and replicas do not, so nothing here may depend on it.
 */
import type { Clock, ListEntry, ListResult } from '@preheat/ports';
import { compareKeys } from '@preheat/ports';

interface Change {
  readonly atMs: number;
  /** The entry as it was before a delete; undefined for a key that came into being. */
  readonly was: ListEntry | undefined;
}

export class StaleListings {
  readonly #clock: Clock;
  readonly #changes = new Map<string, Change>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  created(key: string): void {
    this.#changes.set(key, { atMs: this.#clock.nowMs(), was: undefined });
  }

  deleted(was: ListEntry): void {
    this.#changes.set(was.key, { atMs: this.#clock.nowMs(), was });
  }

  /** The page as it was up to `lagMs` ago. Names beyond the last of a truncated page stay beyond it. */
  before(page: ListResult, prefix: string, startAfter: string | undefined, lagMs: number): ListResult {
    const recent = [...this.#changes].filter(([, change]) => change.atMs > this.#clock.nowMs() - lagMs);
    const last = page.truncated ? page.entries.at(-1)?.key : undefined;
    const isOnPage = (key: string): boolean =>
      key.startsWith(prefix) &&
      (startAfter === undefined || compareKeys(key, startAfter) > 0) &&
      (last === undefined || compareKeys(key, last) <= 0);
    const unborn = new Set(recent.flatMap(([key, { was }]) => (was === undefined ? [key] : [])));
    const ghosts = recent.flatMap(([key, { was }]) => (was !== undefined && isOnPage(key) ? [was] : []));
    const kept = page.entries.filter(({ key }) => !unborn.has(key) || (page.truncated && key === last));
    const known = new Set(kept.map(({ key }) => key));
    const entries = [...kept, ...ghosts.filter(({ key }) => !known.has(key))];
    return { ...page, entries: entries.sort((a, b) => compareKeys(a.key, b.key)) };
  }
}
