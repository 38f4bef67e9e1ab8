/** Cuts one listing page out of keys: the part of `list` that the memory and filesystem adapters share. */
import { compareKeys } from '@preheat/ports';
import type { ListOptions } from '@preheat/ports';

export interface KeyPage {
  readonly keys: string[];
  readonly commonPrefixes: string[];
  readonly truncated: boolean;
}

/** Takes the keys below a prefix in their order until the page is full. `limit` counts keys and common prefixes together. */
export class PageBuilder implements KeyPage {
  readonly keys: string[] = [];
  readonly commonPrefixes: string[] = [];
  readonly #prefix: string;
  readonly #options: ListOptions;
  readonly #limit: number;
  #truncated = false;

  constructor(prefix: string, options: ListOptions, limit: number) {
    this.#prefix = prefix;
    this.#options = options;
    this.#limit = limit;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  /** False when the page is full and the key is not on it. */
  add(key: string): boolean {
    const { startAfter } = this.#options;
    const folded = commonPrefix(key, this.#prefix, this.#options.delimiter);
    const name = folded ?? key;
    if (startAfter !== undefined && compareKeys(name, startAfter) <= 0) return true;
    if (folded !== undefined && folded === this.commonPrefixes.at(-1)) return true;
    if (this.keys.length + this.commonPrefixes.length === this.#limit) {
      this.#truncated = true;
      return false;
    }
    (folded === undefined ? this.keys : this.commonPrefixes).push(name);
    return true;
  }
}

function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
