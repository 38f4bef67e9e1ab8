/**
 * An ObjectStore in this process. As strict as S3 where strictness finds bugs: the ETag is the MD5 of the body, so
 * equal bodies share one, and a writer that forgot its writeId is caught here rather than in production.
 */
import { hash } from 'node:crypto';
import { assertKey, assertPrefix } from '@preheat/ports';
import type {
  ByteRange,
  Clock,
  GetOptions,
  ListOptions,
  ListResult,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  PutResult,
  StoredObject,
  StoredStream,
} from '@preheat/ports';
import { checkedLimit, checkRange } from '../argument-checks.js';
import { PageBuilder } from '../page-of-keys.js';
import { SortedKeys } from './sorted-keys.js';

const STREAM_CHUNK_BYTES = 64 * 1024;

export class MemoryObjectStore implements ObjectStore {
  readonly #clock: Clock;
  readonly #objects = new Map<string, StoredObject>();
  readonly #keys = new SortedKeys();

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<PutResult> {
    assertKey(key);
    const current = this.#objects.get(key);
    const { condition } = options;
    if (condition?.kind === 'absent' && current !== undefined) return { ok: false, reason: 'precondition' };
    if (condition?.kind === 'match' && current?.etag !== condition.etag) return { ok: false, reason: 'precondition' };
    const etag = `"${hash('md5', body)}"`;
    if (current === undefined) this.#keys.add(key);
    this.#objects.set(key, { body: body.slice(), etag, size: body.length, lastModifiedMs: this.#clock.nowMs() });
    return { ok: true, etag };
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    assertKey(key);
    checkRange(options.range);
    const stored = this.#objects.get(key);
    return stored && { ...stored, body: cut(stored.body, options.range).slice() };
  }

  async head(key: string): Promise<ObjectMeta | undefined> {
    assertKey(key);
    const stored = this.#objects.get(key);
    return stored && metaOf(stored);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    assertPrefix(prefix);
    const page = new PageBuilder(prefix, options, checkedLimit(options.limit));
    for (const key of this.#keys.startingWith(prefix)) if (!page.add(key)) break;
    const entries = page.keys.flatMap((key) => {
      const stored = this.#objects.get(key);
      return stored ? [{ key, ...metaOf(stored) }] : [];
    });
    return { entries, commonPrefixes: page.commonPrefixes, truncated: page.truncated };
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    if (this.#objects.delete(key)) this.#keys.delete(key);
  }

  async getStream(key: string, options: GetOptions = {}): Promise<StoredStream | undefined> {
    const stored = await this.get(key, options);
    return stored && { ...stored, body: chunks(stored.body) };
  }

  async putStream(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<PutResult> {
    assertKey(key);
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part.slice());
    return this.put(key, Buffer.concat(parts), options);
  }
}

function metaOf({ etag, size, lastModifiedMs }: ObjectMeta): ObjectMeta {
  return { etag, size, lastModifiedMs };
}

function cut(body: Uint8Array, range: ByteRange | undefined): Uint8Array {
  if (range === undefined) return body;
  return body.subarray(range.offset, range.length === undefined ? undefined : range.offset + range.length);
}

async function* chunks(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += STREAM_CHUNK_BYTES) yield body.subarray(at, at + STREAM_CHUNK_BYTES);
}
