/**
 * Publishes a bundle of named blobs under a key prefix. Invariant: `manifest.json` is written after every blob it
 * lists is stored, and nothing is ever overwritten, so whoever sees a manifest sees a complete, immutable bundle.
 * Publishing the same content again succeeds, which makes a retry after a crash or an unknown outcome safe.
 */
import { createHash } from 'node:crypto';
import { BlobName, type BundleManifest, check, encodeStored } from '@preheat/contracts';
import { type ObjectStore, UnknownOutcomeError } from '@preheat/ports';
import { BundleError } from './bundle-error.js';

export const MANIFEST_NAME = 'manifest.json';
/** Blobs in flight at once: enough to hide the latency of small blobs, few enough to bound memory and sockets. */
export const MAX_PARALLEL_BLOB_WRITES = 4;
/** Attempts per object when the store answers "conflict" or leaves the outcome unknown. */
export const MAX_WRITE_ATTEMPTS = 5;

/**
 * Writes the blobs, then the manifest. The caller must not change the bytes before the promise settles.
 * @param prefix Key prefix without a trailing slash, such as `jobs/j1/attempts/3/step-100`.
 * @throws BundleError `invalid-name`, `occupied` (the prefix holds other content) or `unavailable` (the store kept
 *   refusing); errors of the store itself pass through.
 */
export async function publishBundle(
  store: ObjectStore,
  prefix: string,
  blobs: ReadonlyMap<string, Uint8Array>,
): Promise<BundleManifest> {
  if (blobs.size === 0) throw new BundleError('invalid-name', `bundle ${prefix} has no blobs`);
  for (const name of blobs.keys()) assertBlobName(name);
  const pending = [...blobs];
  const writer = async (): Promise<void> => {
    for (let next = pending.shift(); next; next = pending.shift()) {
      await writeOnce(store, `${prefix}/${next[0]}`, next[1]);
    }
  };
  // Settled, not raced: after a failure no write of this call may still be under way.
  const results = await Promise.allSettled(Array.from({ length: MAX_PARALLEL_BLOB_WRITES }, writer));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const manifest = describeBlobs(blobs);
  await writeOnce(store, `${prefix}/${MANIFEST_NAME}`, encodeStored(manifest));
  return manifest;
}

/** Lower-case hexadecimal SHA-256. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Blobs sorted by name, so that equal bundles have equal manifests. */
function describeBlobs(blobs: ReadonlyMap<string, Uint8Array>): BundleManifest {
  const entries = [...blobs].map(([name, bytes]) => ({
    name,
    sizeBytes: bytes.byteLength,
    sha256: sha256Hex(bytes),
  }));
  return { schemaVersion: 1, blobs: entries.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function assertBlobName(name: string): void {
  if (name === MANIFEST_NAME) throw new BundleError('invalid-name', `a blob cannot be called ${MANIFEST_NAME}`);
  const checked = check(BlobName, name);
  if (checked.ok) return;
  const reason = checked.problems[0]?.message ?? '';
  throw new BundleError('invalid-name', `blob name ${JSON.stringify(name)} is not usable: ${reason}`);
}

async function writeOnce(store: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  for (let attempt = 1; attempt <= MAX_WRITE_ATTEMPTS; attempt++) {
    const outcome = await tryPut(store, key, bytes);
    if (outcome === 'stored') return;
    if (outcome === 'retry') continue;
    const present = await store.get(key);
    if (present && Buffer.compare(present.body, bytes) === 0) return;
    if (present) throw new BundleError('occupied', `${key} exists with other content; bundles are never overwritten`);
  }
  throw new BundleError('unavailable', `${key} could not be written in ${MAX_WRITE_ATTEMPTS} attempts`);
}

/** `compare`: something may be there already, ours or not; the caller reads it. */
async function tryPut(store: ObjectStore, key: string, bytes: Uint8Array): Promise<'stored' | 'retry' | 'compare'> {
  try {
    const result = await store.put(key, bytes, { condition: { kind: 'absent' } });
    if (result.ok) return 'stored';
    return result.reason === 'conflict' ? 'retry' : 'compare';
  } catch (error) {
    if (error instanceof UnknownOutcomeError) return 'compare';
    throw error;
  }
}
