/**
 * An ObjectStore in a directory, safe between processes of one machine (not on a network file system). A version is
 * a file that is written once, flushed, and renamed into place; writers of one key take turns, so a condition that
 * was checked still holds at the rename. Readers take no lock: an open file keeps its version.
 *
 * The ETag is the file's modification time in nanoseconds plus its inode. Writers force that time to increase with
 * every version, so an ETag never comes back, and listing needs no reading.
 */
import { open, rm, stat, utimes } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { assertKey, assertPrefix } from '@preheat/ports';
import type {
  ByteRange,
  Clock,
  GetOptions,
  ListEntry,
  ListOptions,
  ListResult,
  ObjectMeta,
  ObjectStore,
  PutCondition,
  PutOptions,
  PutResult,
  StoredObject,
  StoredStream,
} from '@preheat/ports';
import { checkedLimit, checkRange } from '../argument-checks.js';
import { type KeyPage, PageBuilder } from '../page-of-keys.js';
import { KeyLocks } from './key-locks.js';
import { bytesOfKey, pathOfKey } from './key-path.js';
import { keysInOrder } from './keys-in-order.js';
import { SharedDirectory, unlessMissing } from './shared-directory.js';

const LOST: PutResult = { ok: false, reason: 'precondition' };
/** Of a listing: requests that come meanwhile wait behind no more in the threads that Node reads files with. */
const STATS_AT_ONCE = 32;
/** Of a stream, at a time: every read waits for a thread, and with Node's 64 KiB that is most of what reading a model takes. */
const READ_BYTES = 1024 * 1024;
/** How far a version's time is moved past the last one's: enough for fine file times, else for FAT's 2 s. */
const TIME_STEPS_MS = [1, 2000, 4000];

export class FilesystemObjectStore implements ObjectStore {
  readonly #shared: SharedDirectory;
  readonly #locks: KeyLocks;
  readonly #objects: string;

  private constructor(shared: SharedDirectory, locks: KeyLocks) {
    this.#shared = shared;
    this.#locks = locks;
    this.#objects = join(shared.root, 'objects');
  }

  /** `root` is created if need be. The clock paces retries only; file times are the system's. */
  static async open(root: string, options: { clock: Clock }): Promise<FilesystemObjectStore> {
    const shared = await SharedDirectory.open(root);
    return new FilesystemObjectStore(shared, await KeyLocks.open(shared, options.clock));
  }

  /** Removes this process's own files. The objects stay. */
  close(): Promise<void> {
    return this.#shared.close();
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<PutResult> {
    return this.#write(key, [body], options);
  }

  async putStream(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<PutResult> {
    return this.#write(key, body, options);
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    const opened = await this.#open(key, options.range);
    if (opened === undefined) return undefined;
    const { file, meta, start, length } = opened;
    try {
      return { ...meta, body: await readExactly(file, start, length) };
    } finally {
      await file.close();
    }
  }

  async getStream(key: string, options: GetOptions = {}): Promise<StoredStream | undefined> {
    const opened = await this.#open(key, options.range);
    if (opened === undefined) return undefined;
    const { file, meta, start, length } = opened;
    const range = { start, end: start + length - 1, highWaterMark: READ_BYTES };
    if (length > 0) return { ...meta, body: file.createReadStream(range) };
    await file.close();
    return { ...meta, body: nothing() };
  }

  async head(key: string): Promise<ObjectMeta | undefined> {
    const stats = await this.#stat(key);
    return stats && metaOf(stats);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    assertPrefix(prefix);
    const limit = checkedLimit(options.limit);
    for (let { startAfter } = options; ; ) {
      const from = startAfter === undefined ? options : { ...options, startAfter };
      const page = await this.#page(prefix, from, limit);
      const entries = await this.#entries(page.keys);
      const { commonPrefixes, truncated } = page;
      if (entries.length > 0 || commonPrefixes.length > 0 || !truncated) return { entries, commonPrefixes, truncated };
      // Every key of this page was deleted meanwhile: an empty page could not be continued from, so step over it.
      startAfter = page.keys.at(-1);
    }
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    await this.#locks.withLock(key, () => this.#shared.remove(this.#path(key)));
  }

  async #write(
    key: string,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    { condition }: PutOptions,
  ): Promise<PutResult> {
    if (!meets(condition, await this.#stat(key))) return LOST;
    const temporary = await this.#shared.writeTemporary(chunks);
    try {
      return await this.#locks.withLock(key, async () => {
        const current = await this.#stat(key);
        if (!meets(condition, current)) return LOST;
        const etag = await makeNewer(temporary, current);
        await this.#shared.publish(temporary, this.#path(key));
        return { ok: true, etag };
      });
    } finally {
      await rm(temporary, { force: true });
    }
  }

  #path(key: string): string {
    return join(this.#objects, pathOfKey(key));
  }

  async #stat(key: string): Promise<BigIntStats | undefined> {
    assertKey(key);
    return unlessMissing(stat(this.#path(key), { bigint: true }));
  }

  async #open(key: string, range: ByteRange | undefined): Promise<OpenedObject | undefined> {
    assertKey(key);
    checkRange(range);
    const file = await unlessMissing(open(this.#path(key), 'r'));
    if (file === undefined) return undefined;
    const meta = metaOf(await file.stat({ bigint: true }));
    const start = Math.min(range?.offset ?? 0, meta.size);
    return { file, meta, start, length: Math.min(range?.length ?? meta.size, meta.size - start) };
  }

  async #page(prefix: string, options: ListOptions, limit: number): Promise<KeyPage> {
    const page = new PageBuilder(prefix, options, limit);
    const after = options.startAfter === undefined ? '' : bytesOfKey(options.startAfter);
    const isSkipped = (bytes: string): boolean => {
      const folded = page.commonPrefixes.at(-1);
      // What begins with other bytes than a lesser `startAfter` lies before it as a whole.
      return (
        (bytes < after && !after.startsWith(bytes)) || (folded !== undefined && bytes.startsWith(bytesOfKey(folded)))
      );
    };
    for await (const key of keysInOrder(this.#objects, prefix, isSkipped)) if (!page.add(key)) break;
    return page;
  }

  async #entries(keys: readonly string[]): Promise<ListEntry[]> {
    const entries: ListEntry[] = [];
    for (let start = 0; start < keys.length; start += STATS_AT_ONCE) {
      const some = keys.slice(start, start + STATS_AT_ONCE);
      const found = await Promise.all(some.map((key) => this.#stat(key)));
      entries.push(...found.flatMap((stats, i) => (stats ? [{ key: some[i] as string, ...metaOf(stats) }] : [])));
    }
    return entries;
  }
}

interface OpenedObject {
  readonly file: FileHandle;
  readonly meta: ObjectMeta;
  readonly start: number;
  readonly length: number;
}

function meets(condition: PutCondition | undefined, current: BigIntStats | undefined): boolean {
  if (condition?.kind === 'absent') return current === undefined;
  if (condition?.kind === 'match') return current !== undefined && metaOf(current).etag === condition.etag;
  return true;
}

function metaOf(stats: BigIntStats): ObjectMeta {
  const etag = `"${stats.mtimeNs.toString(36)}-${stats.ino.toString(36)}"`;
  return { etag, size: Number(stats.size), lastModifiedMs: Number(stats.mtimeMs) };
}

/**
 * Fixes the file's modification time so that no earlier version of the key had the same ETag, and returns the ETag.
 * Later than `previous`; without one, a random fraction of a millisecond, because the system's coarse file clock and
 * a reused inode could otherwise repeat the ETag of a version that was just deleted.
 */
async function makeNewer(path: string, previous: BigIntStats | undefined): Promise<string> {
  const startMs = Math.max(Date.now(), Number(previous?.mtimeMs ?? 0n));
  for (const stepMs of TIME_STEPS_MS) {
    const seconds = (startMs + stepMs + Math.random()) / 1000;
    await utimes(path, seconds, seconds);
    const stats = await stat(path, { bigint: true });
    if (previous === undefined || stats.mtimeNs > previous.mtimeNs) return metaOf(stats).etag;
  }
  throw new Error(`The file system of ${path} does not keep modification times, which versions depend on`);
}

async function readExactly(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const body = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(body, done, length - done, start + done);
    if (bytesRead === 0) throw new Error('An object file became shorter while it was read: something edits the store');
    done += bytesRead;
  }
  return body;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
