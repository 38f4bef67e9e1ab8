/**
 * ObjectStore: the ledger. Every durable fact of the platform is an object here, and every race is decided by a
 * conditional write. The semantics are those of S3 with conditional PUT: strong read-after-write consistency, an
 * opaque ETag per version, no rename, no append. What S3 leaves out, the port leaves out, so that a test on the
 * memory adapter says something about production.
 */

/** Largest page `list` returns, and the default page size (the S3 limit). */
export const LIST_LIMIT_MAX = 1000;

/** `absent`: only if no object has this key. `match`: only if the current version has this ETag. */
export type PutCondition = { readonly kind: 'absent' } | { readonly kind: 'match'; readonly etag: string };

export interface PutOptions {
  readonly condition?: PutCondition;
  /** A hint for browsers and people; adapters without metadata ignore it, and reads do not return it. */
  readonly contentType?: string;
}

/**
 * `precondition`: another version is there (or none, for `match`), so this writer lost; nothing was written.
 * `conflict`: a competing write was in flight and neither side is known to have won; nothing was written, try again.
 */
export type PutResult =
  | { readonly ok: true; readonly etag: string }
  | { readonly ok: false; readonly reason: 'precondition' | 'conflict' };

/** Bytes `offset` to `offset + length` (to the end without `length`). `length` is at least 1. */
export interface ByteRange {
  readonly offset: number;
  readonly length?: number;
}

export interface GetOptions {
  /** A range past the end yields the bytes that exist, possibly none; it is not an error. */
  readonly range?: ByteRange;
}

export interface ObjectMeta {
  /**
   * Opaque. Changes whenever the bytes change. Two writes of equal bytes may share an ETag (they do on S3), so a
   * writer who must tell its own write apart puts a unique `writeId` into the body.
   */
  readonly etag: string;
  /** Bytes of the whole object, also when a range was read. */
  readonly size: number;
  readonly lastModifiedMs: number;
}

export interface StoredObject extends ObjectMeta {
  /** A fresh buffer that the caller owns. */
  readonly body: Uint8Array;
}

export interface StoredStream extends ObjectMeta {
  /** Single use. Must be read to the end or returned (`for await` does both), else a file or socket stays open. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ListOptions {
  /** Only names that sort after this one: a key, or a common prefix (which then is skipped as a whole). */
  readonly startAfter?: string;
  /** Keys and common prefixes together, 1 to LIST_LIMIT_MAX (the default). */
  readonly limit?: number;
  /** Keys that contain it after the prefix are folded into one common prefix, which ends with the delimiter. */
  readonly delimiter?: string;
}

export interface ListEntry extends ObjectMeta {
  readonly key: string;
}

export interface ListResult {
  /** In key order, see `compareKeys`. */
  readonly entries: readonly ListEntry[];
  /** In key order; empty without a delimiter. */
  readonly commonPrefixes: readonly string[];
  /** More names follow: continue with `startAfter` = the greatest name of this page, or use `listAll`. */
  readonly truncated: boolean;
}

/**
 * All methods throw `InvalidKeyError` for a key outside the rules in `assertKey`, `RangeError` for a bad limit or
 * range, and the adapter's own error when the store cannot be reached.
 */
export interface ObjectStore {
  /**
   * Write the whole object, atomically: a reader sees the old version or the new one.
   * The store may not keep a reference to `body` after the promise settles, nor may the caller change it before.
   * @throws UnknownOutcomeError when the write may or may not have happened: read back and compare the writeId.
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult>;

  /** The current version, or undefined when there is no such object. */
  get(key: string, options?: GetOptions): Promise<StoredObject | undefined>;

  head(key: string): Promise<ObjectMeta | undefined>;

  /** One page of the objects whose key starts with `prefix` (which may be empty). */
  list(prefix: string, options?: ListOptions): Promise<ListResult>;

  /** Idempotent: deleting a missing object succeeds. */
  delete(key: string): Promise<void>;

  /** As `get`, without holding the object in memory. The version is fixed when the promise resolves. */
  getStream(key: string, options?: GetOptions): Promise<StoredStream | undefined>;

  /**
   * As `put`, without holding the object in memory. Nothing is visible before the last byte is stored; if the
   * source throws, the error passes through and nothing is written. On a refusal the source may be left unread.
   */
  putStream(key: string, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<PutResult>;
}
