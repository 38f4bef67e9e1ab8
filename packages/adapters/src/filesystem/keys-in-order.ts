/**
 * The keys below a directory in the order of listings, read as they are wanted: a page of a large index costs the
 * directories it touches, not the index. Every directory is a lower bound of what it holds, so it is opened exactly when it
 * becomes the least of what is left.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOfKey, bytesOfName, directoryOfPrefix, keyOfBytes } from './key-path.js';
import { unlessMissing } from './shared-directory.js';

interface Found {
  /** Of the key, or of what all keys in a directory begin with. */
  readonly bytes: string;
  /** Null for a file. */
  readonly directory: string | null;
}

/**
 * @param root Directory of all objects.
 * @param isSkipped Whether no key that begins with these bytes is wanted.
 */
export async function* keysInOrder(
  root: string,
  prefix: string,
  isSkipped: (bytes: string) => boolean,
): AsyncGenerator<string> {
  const wanted = bytesOfKey(prefix);
  const start = directoryOfPrefix(prefix);
  /** Greatest first. */
  const left: Found[] = [{ bytes: wanted.slice(0, wanted.lastIndexOf('/') + 1), directory: join(root, start) }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next.directory === null) {
      yield keyOfBytes(next.bytes);
      continue;
    }
    if (isSkipped(next.bytes)) continue;
    const below = (await inDirectory(next.directory, next.bytes)).filter(
      ({ bytes, directory }) => bytes.startsWith(wanted) || (directory !== null && wanted.startsWith(bytes)),
    );
    const before = left.at(-1);
    for (const found of below) left.push(found);
    const isMixed = before !== undefined && below[0] !== undefined && below[0].bytes >= before.bytes;
    if (isMixed) left.sort(greatestFirst);
  }
}

async function inDirectory(directory: string, bytes: string): Promise<Found[]> {
  const entries = (await unlessMissing(readdir(directory, { withFileTypes: true }))) ?? [];
  return entries
    .map((entry) => ({
      bytes: bytes + bytesOfName(entry.name),
      directory: entry.isDirectory() ? join(directory, entry.name) : null,
    }))
    .sort(greatestFirst);
}

const greatestFirst = (a: Found, b: Found): number => (a.bytes < b.bytes ? 1 : a.bytes > b.bytes ? -1 : 0);
