/** An ObjectStore on Amazon S3 (or a server that honours its conditional writes). One store is one bucket. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { assertKey, assertPrefix } from '@preheat/ports';
import type {
  ByteRange,
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
import { clientConfig } from './connection.js';
import type { AwsConnection } from './connection.js';
import { multipartUpload, PART_BYTES, regroup } from './multipart-upload.js';
import { conditionHeaders, outcomeOfWrite } from './write-outcome.js';

const PAST_THE_END = 'past the end';
/** The last code point: a prefix plus this sorts after every key with the prefix. */
const LAST_CODE_POINT = '\u{10FFFF}';

export interface S3StoreOptions extends AwsConnection {
  readonly bucket: string;
  /** Bytes of a part of a large object, of which S3 takes at most 10,000, none but the last below 5 MiB. Default 16 MiB. */
  readonly partBytes?: number;
}

export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #partBytes: number;

  /** Opens no connection. The bucket must exist. */
  constructor(options: S3StoreOptions) {
    this.#bucket = options.bucket;
    this.#partBytes = options.partBytes ?? PART_BYTES;
    this.#client = new S3Client({ ...clientConfig(options), forcePathStyle: options.endpoint !== undefined });
  }

  /** Closes idle connections; the store cannot be used afterwards. */
  close(): void {
    this.#client.destroy();
  }

  /** In parts where the body is larger than one: a plain PUT takes 5 GiB at most, and a broken one begins again. */
  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<PutResult> {
    assertKey(key);
    if (body.byteLength > this.#partBytes) return this.#putParts(key, slices(body, this.#partBytes), options);
    const { condition, contentType } = options;
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: body,
      ...conditionHeaders(condition),
      ...(contentType === undefined ? {} : { ContentType: contentType }),
    });
    return outcomeOfWrite(key, condition, () => this.#client.send(command));
  }

  /** One plain PUT if the whole stream fits in one part. A refusal can come after everything was uploaded. */
  async putStream(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<PutResult> {
    assertKey(key);
    const parts = regroup(body, this.#partBytes);
    const first = (await parts.next()).value ?? new Uint8Array(0);
    if (first.length < this.#partBytes) return this.put(key, first, options);
    return this.#putParts(key, startingWith(first, parts), options);
  }

  #putParts(key: string, parts: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult> {
    return multipartUpload({ client: this.#client, bucket: this.#bucket, key }, parts, options);
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject | undefined> {
    const found = await this.#open(key, options.range);
    if (found === undefined || 'meta' in found) return found && { ...found.meta, body: new Uint8Array(0) };
    return { ...metaOf(found), body: (await found.Body?.transformToByteArray()) ?? new Uint8Array(0) };
  }

  async getStream(key: string, options: GetOptions = {}): Promise<StoredStream | undefined> {
    const found = await this.#open(key, options.range);
    if (found === undefined || 'meta' in found) return found && { ...found.meta, body: nothing() };
    // In Node.js the SDK's body is a Readable; its declared type also covers browsers.
    return { ...metaOf(found), body: (found.Body as AsyncIterable<Uint8Array> | undefined) ?? nothing() };
  }

  async head(key: string): Promise<ObjectMeta | undefined> {
    assertKey(key);
    const found = await unlessStatus(404, this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key })));
    return found && metaOf(found);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    assertPrefix(prefix);
    const startAfter = skipFolded(prefix, options);
    const page = await this.#client.send(
      new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        MaxKeys: checkedLimit(options.limit),
        ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
        ...(options.delimiter === undefined ? {} : { Delimiter: options.delimiter }),
      }),
    );
    return listResult(page);
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }

  /** `meta` alone when the range lies past the end, where S3 answers 416 and tells nothing else. */
  async #open(
    key: string,
    range: ByteRange | undefined,
  ): Promise<GetObjectCommandOutput | { meta: ObjectMeta } | undefined> {
    assertKey(key);
    checkRange(range);
    const Range = range && `bytes=${range.offset}-${range.length === undefined ? '' : range.offset + range.length - 1}`;
    const command = new GetObjectCommand({ Bucket: this.#bucket, Key: key, ...(Range === undefined ? {} : { Range }) });
    const found = await unlessStatus(416, unlessStatus(404, this.#client.send(command)), PAST_THE_END);
    if (found !== PAST_THE_END) return found;
    const meta = await this.head(key);
    return meta && { meta };
  }
}

function metaOf(found: {
  ETag?: string | undefined;
  ContentLength?: number | undefined;
  ContentRange?: string | undefined;
  LastModified?: Date | undefined;
}): ObjectMeta {
  const total = found.ContentRange?.split('/')[1];
  const size = total === undefined ? (found.ContentLength ?? 0) : Number(total);
  return { etag: found.ETag ?? '', size, lastModifiedMs: wholeSeconds(found.LastModified) };
}

/** HTTP headers carry whole seconds, listings may carry more: one object has one time. */
function wholeSeconds(time: Date | undefined): number {
  return Math.floor((time?.getTime() ?? 0) / 1000) * 1000;
}

function listResult(page: ListObjectsV2CommandOutput): ListResult {
  const entries = (page.Contents ?? []).map(({ Key = '', ETag = '', Size = 0, LastModified }) => ({
    key: Key,
    etag: ETag,
    size: Size,
    lastModifiedMs: wholeSeconds(LastModified),
  }));
  const commonPrefixes = (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix);
  return { entries, commonPrefixes, truncated: page.IsTruncated ?? false };
}

/** S3 would return a common prefix again after itself, because keys below it sort after it: start after them all. */
function skipFolded(prefix: string, { startAfter, delimiter }: ListOptions): string | undefined {
  if (startAfter === undefined || !delimiter || !startAfter.startsWith(prefix)) return startAfter;
  const at = startAfter.indexOf(delimiter, prefix.length);
  return at < 0 ? startAfter : startAfter.slice(0, at + delimiter.length) + LAST_CODE_POINT;
}

async function unlessStatus<T, const Other = undefined>(
  status: number,
  call: Promise<T>,
  other?: Other,
): Promise<T | Other> {
  try {
    return await call;
  } catch (error) {
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode === status && name !== 'NoSuchBucket') return other as Other;
    throw error;
  }
}

/** Views of the body, not copies. */
async function* slices(body: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += size) yield body.subarray(at, at + size);
}

async function* startingWith(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
