/**
 * Reads a published bundle. A prefix without a manifest is not a bundle (the writer died before the end), and every
 * blob is compared with the hash in the manifest before anyone sees its bytes.
 */
import { createHash } from 'node:crypto';
import { BundleManifest, check } from '@preheat/contracts';
import type { ObjectStore } from '@preheat/ports';
import { BundleError } from './bundle-error.js';
import { MANIFEST_NAME, sha256Hex } from './publish-bundle.js';

export interface Bundle {
  readonly prefix: string;
  readonly manifest: BundleManifest;
  /** Blob names, sorted. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /**
   * The verified bytes of a blob, in a fresh buffer the caller owns.
   * @throws BundleError `missing` when the manifest does not list the name, `corrupt` when the stored bytes are absent
   *   or differ from the manifest.
   */
  read(name: string): Promise<Uint8Array>;
  /** The same in chunks; the error for changed bytes comes with the last one, so nothing read may be used before. */
  stream(name: string): AsyncIterable<Uint8Array>;
}

/** @throws BundleError `incomplete` without a manifest, `corrupt` when the manifest does not parse. */
export async function openBundle(store: ObjectStore, prefix: string): Promise<Bundle> {
  const stored = await store.get(`${prefix}/${MANIFEST_NAME}`);
  if (!stored) throw new BundleError('incomplete', `${prefix} has no ${MANIFEST_NAME}: it was never fully published`);
  const manifest = parseManifest(stored.body, prefix);
  const entries = new Map(manifest.blobs.map((blob) => [blob.name, blob]));
  const entryOf = (name: string) => {
    const entry = entries.get(name);
    if (entry) return entry;
    throw new BundleError('missing', `bundle ${prefix} has no ${name}; it has ${[...entries.keys()].join(', ')}`);
  };
  return {
    prefix,
    manifest,
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    read: async (name) => readVerified(store, prefix, entryOf(name)),
    stream: (name) => streamVerified(store, prefix, entryOf(name)),
  };
}

function parseManifest(bytes: Uint8Array, prefix: string): BundleManifest {
  const where = `${prefix}/${MANIFEST_NAME}`;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new BundleError('corrupt', `${where} is not JSON`, { cause });
  }
  const checked = check(BundleManifest, value);
  if (checked.ok) return checked.value;
  const first = checked.problems[0];
  throw new BundleError('corrupt', `${where} does not fit its schema: ${first?.path} ${first?.message}`);
}

type BlobEntry = BundleManifest['blobs'][number];

async function readVerified(store: ObjectStore, prefix: string, entry: BlobEntry): Promise<Uint8Array> {
  const key = `${prefix}/${entry.name}`;
  const stored = await store.get(key);
  if (!stored) throw absent(key);
  assertIntact(key, entry, stored.body.byteLength, sha256Hex(stored.body));
  return stored.body;
}

async function* streamVerified(store: ObjectStore, prefix: string, entry: BlobEntry): AsyncGenerator<Uint8Array> {
  const key = `${prefix}/${entry.name}`;
  const stored = await store.getStream(key);
  if (!stored) throw absent(key);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stored.body) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    yield chunk;
  }
  assertIntact(key, entry, bytes, hash.digest('hex'));
}

const absent = (key: string): BundleError =>
  new BundleError('corrupt', `${key} is in the manifest but not in the store`);

function assertIntact(key: string, { sizeBytes, sha256 }: BlobEntry, actualBytes: number, actual: string): void {
  if (actualBytes !== sizeBytes) {
    throw new BundleError('corrupt', `${key} has ${actualBytes} bytes, its manifest says ${sizeBytes}`);
  }
  if (actual !== sha256) throw new BundleError('corrupt', `${key} has SHA-256 ${actual}, its manifest says ${sha256}`);
}
