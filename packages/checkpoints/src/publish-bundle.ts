/**
 * Publishes a bundle of named blobs under a key prefix. Invariant: `manifest.json` is written after every blob it
 * lists is stored, and nothing is ever overwritten, so whoever sees a manifest sees a complete, immutable bundle.
 * Publishing the same content again succeeds, which makes a retry after a crash or an unknown outcome safe.
 */
import { createHash, hash } from 'node:crypto';
import { BlobName, type BundleManifest, check, encodeStored } from '@preheat/contracts';
import { type ObjectStore, UnknownOutcomeError } from '@preheat/ports';
import { BundleError } from './bundle-error.js';

export const MANIFEST_NAME = 'manifest.json';
/** Blobs in flight at once: enough to hide the latency of small blobs, few enough to bound memory and sockets. */
export const MAX_PARALLEL_BLOB_WRITES = 4;
/** Attempts per object when the store answers "conflict" or leaves the outcome unknown. */
export const MAX_WRITE_ATTEMPTS = 5;

/** The bytes of a blob, or what makes them, anew at every call and the same each time: they are never all in memory. */
export type BlobContent = Uint8Array | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>);

type BlobEntry = BundleManifest['blobs'][number];

/**
 * Writes the blobs, then the manifest. The caller must not change the bytes before the promise settles.
 * @param prefix Key prefix without a trailing slash, such as `jobs/j1/attempts/3/step-100`.
 * @throws BundleError `invalid-name`, `occupied` (the prefix holds other content) or `unavailable` (the store kept
 *   refusing); errors of the store itself pass through.
 */
export async function publishBundle(
  store: ObjectStore,
  prefix: string,
  blobs: ReadonlyMap<string, BlobContent>,
): Promise<BundleManifest> {
  if (blobs.size === 0) throw new BundleError('invalid-name', `bundle ${prefix} has no blobs`);
  for (const name of blobs.keys()) assertBlobName(name);
  const pending = [...blobs];
  const written: BlobEntry[] = [];
  const writer = async (): Promise<void> => {
    for (let next = pending.shift(); next; next = pending.shift()) {
      written.push({ name: next[0], ...(await writeOnce(store, `${prefix}/${next[0]}`, next[1])) });
    }
  };
  // Settled, not raced: after a failure no write of this call may still be under way.
  const results = await Promise.allSettled(Array.from({ length: MAX_PARALLEL_BLOB_WRITES }, writer));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  // Sorted by name, so that equal bundles have equal manifests.
  const manifest: BundleManifest = { schemaVersion: 1, blobs: written.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  await writeOnce(store, `${prefix}/${MANIFEST_NAME}`, encodeStored(manifest));
  return manifest;
}

/** Lower-case hexadecimal SHA-256. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}

function assertBlobName(name: string): void {
  if (name === MANIFEST_NAME) throw new BundleError('invalid-name', `a blob cannot be called ${MANIFEST_NAME}`);
  const checked = check(BlobName, name);
  if (checked.ok) return;
  const reason = checked.problems[0]?.message ?? '';
  throw new BundleError('invalid-name', `blob name ${JSON.stringify(name)} is not usable: ${reason}`);
}

async function writeOnce(store: ObjectStore, key: string, content: BlobContent): Promise<Measured> {
  for (let attempt = 1; attempt <= MAX_WRITE_ATTEMPTS; attempt++) {
    const { outcome, measured } = await tryPut(store, key, content);
    if (outcome === 'stored') return measured();
    if (outcome === 'retry') continue;
    const present = await store.getStream(key);
    const ours = present && (await measure(opened(content)));
    if (!present || !ours) continue;
    const theirs = await measure(present.body);
    if (theirs.sha256 === ours.sha256) return ours;
    throw new BundleError('occupied', `${key} exists with other content; bundles are never overwritten`);
  }
  throw new BundleError('unavailable', `${key} could not be written in ${MAX_WRITE_ATTEMPTS} attempts`);
}

interface Put {
  /** `compare`: something may be there already, ours or not; the caller reads it. */
  readonly outcome: 'stored' | 'retry' | 'compare';
  /** What was sent, once it was. */
  readonly measured: () => Measured;
}

async function tryPut(store: ObjectStore, key: string, content: BlobContent): Promise<Put> {
  const meter = new Meter();
  const condition = { kind: 'absent' } as const;
  const sent = () => meter.read();
  try {
    const result =
      content instanceof Uint8Array
        ? await store.put(key, meter.pass(content), { condition })
        : await store.putStream(key, meter.passing(opened(content)), { condition });
    if (result.ok) return { outcome: 'stored', measured: sent };
    return { outcome: result.reason === 'conflict' ? 'retry' : 'compare', measured: sent };
  } catch (error) {
    if (error instanceof UnknownOutcomeError) return { outcome: 'compare', measured: sent };
    throw error;
  }
}

async function* opened(content: BlobContent): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content();
}

type Measured = Pick<BlobEntry, 'sizeBytes' | 'sha256'>;

/** Length and hash of bytes on their way. */
class Meter {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  pass(chunk: Uint8Array): Uint8Array {
    this.#hash.update(chunk);
    this.#bytes += chunk.byteLength;
    return chunk;
  }

  async *passing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) yield this.pass(chunk);
  }

  read(): Measured {
    return { sizeBytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

async function measure(chunks: AsyncIterable<Uint8Array>): Promise<Measured> {
  const meter = new Meter();
  for await (const chunk of chunks) meter.pass(chunk);
  return meter.read();
}
