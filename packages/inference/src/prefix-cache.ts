/**
 * Keys and values of prompts that were computed before, for prompts that begin alike: a conversation that goes on, or one
 * instruction before many questions. Columns depend on the tokens up to their own alone, so any beginning of a kept prompt may
 * be read for any other prompt that begins so. The least recently used leave first; new weights make all of it worthless.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { cacheBytes, type CacheArrays, type CachePiece, columnBytes, gatherRows } from './cache-arrays.js';

/** Beginnings shorter than this are computed again: laying their columns out anew costs as much. */
export const MIN_CACHED_COLUMNS = 16;
/** Every look-up compares with all of them. */
const MAX_ENTRIES = 256;

/** What a prompt must share with a later one to be of use to it. */
export interface PrefixOwner {
  readonly adapter: string | null;
  /** Null: its keys and values are kept for nobody. */
  readonly promptScope: string | null;
}

interface Entry extends PrefixOwner {
  /** One for each column. */
  readonly tokens: Int32Array;
  /** One row without padding. */
  readonly caches: CacheArrays;
}

export class PrefixCache {
  readonly #config: DecoderConfig;
  readonly #budgetBytes: number;
  /** In order of use, oldest first. */
  readonly #entries = new Set<Entry>();
  #bytes = 0;

  constructor(config: DecoderConfig, budgetBytes: number) {
    this.#config = config;
    this.#budgetBytes = budgetBytes;
  }

  /** The longest beginning of `tokens` that is kept, as columns of one row; null where it is too short to be of use. */
  longest(owner: PrefixOwner, tokens: Int32Array): CachePiece | null {
    let best: { entry: Entry; columns: number } | null = null;
    for (const entry of this.#entriesOf(owner)) {
      const columns = commonLength(entry.tokens, tokens);
      if (columns >= MIN_CACHED_COLUMNS && columns > (best?.columns ?? 0)) best = { entry, columns };
    }
    if (best === null) return null;
    const { entry, columns } = best;
    this.#entries.delete(entry);
    this.#entries.add(entry);
    return { from: entry.caches, row: 0, columns, skipped: entry.caches.columns - columns };
  }

  /**
   * Keeps the columns of `tokens`, one each, unless they are there or exceed the budget by themselves; what they begin with is kept
   * no longer by itself.
   */
  keep(owner: PrefixOwner, tokens: Int32Array, piece: CachePiece): void {
    const { adapter, promptScope } = owner;
    if (promptScope === null || tokens.length < MIN_CACHED_COLUMNS) return;
    // It would push out all others, and then itself.
    if (tokens.length * columnBytes(this.#config) > this.#budgetBytes) return;
    for (const entry of this.#entriesOf(owner)) {
      const common = commonLength(entry.tokens, tokens);
      if (common === tokens.length) return;
      if (common === entry.tokens.length) this.#forget(entry);
    }
    const entry = { adapter, promptScope, tokens, caches: gatherRows(this.#config, [[piece]]) };
    this.#entries.add(entry);
    this.#bytes += cacheBytes(entry.caches);
    for (const oldest of this.#entries) {
      if (this.#bytes <= this.#budgetBytes && this.#entries.size <= MAX_ENTRIES) break;
      this.#forget(oldest);
    }
  }

  /** Of all adapters and of none, unless one is named. */
  clear(adapter?: string): void {
    for (const entry of this.#entries) if (adapter === undefined || entry.adapter === adapter) this.#forget(entry);
  }

  #entriesOf({ adapter, promptScope }: PrefixOwner): Entry[] {
    return [...this.#entries].filter((one) => one.adapter === adapter && one.promptScope === promptScope);
  }

  #forget(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#bytes -= cacheBytes(entry.caches);
  }
}

function commonLength(a: Int32Array, b: Int32Array): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
