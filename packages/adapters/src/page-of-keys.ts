/** Cuts one listing page out of all keys: the part of `list` that the memory and filesystem adapters share. */
import { compareKeys } from '@preheat/ports';
import type { ListOptions } from '@preheat/ports';

export interface KeyPage {
  readonly keys: string[];
  readonly commonPrefixes: string[];
  readonly truncated: boolean;
}

/** `keys` in any order. `limit` counts keys and common prefixes together. */
export function pageOfKeys(keys: Iterable<string>, prefix: string, options: ListOptions, limit: number): KeyPage {
  const below = [...keys].filter((key) => key.startsWith(prefix)).sort(compareKeys);
  const page: KeyPage = { keys: [], commonPrefixes: [], truncated: false };
  for (const key of below) {
    const folded = commonPrefix(key, prefix, options.delimiter);
    const name = folded ?? key;
    if (options.startAfter !== undefined && compareKeys(name, options.startAfter) <= 0) continue;
    if (folded !== undefined && folded === page.commonPrefixes.at(-1)) continue;
    if (page.keys.length + page.commonPrefixes.length === limit) return { ...page, truncated: true };
    (folded === undefined ? page.keys : page.commonPrefixes).push(name);
  }
  return page;
}

function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}
