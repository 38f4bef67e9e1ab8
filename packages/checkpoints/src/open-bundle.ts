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
  const object = `${prefix}/${MANIFEST_NAME}`;
  const stored = await store.get(object);
  if (!stored) {
    const damage = { object, expected: 'a manifest', actual: 'nothing' };
    throw new BundleError('incomplete', `${prefix} has no ${MANIFEST_NAME}: it was never fully published`, { damage });
  }
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
    const damage = { object: where, expected: 'JSON', actual: `${bytes.byteLength} bytes of something else` };
    throw new BundleError('corrupt', `${where} is not JSON`, { cause, damage });
  }
  const checked = check(BundleManifest, value);
  if (checked.ok) return checked.value;
  const first = checked.problems[0];
  const damage = { object: where, expected: 'a manifest', actual: 'other JSON' };
  throw new BundleError('corrupt', `${where} does not fit its schema: ${first?.path} ${first?.message}`, { damage });
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
  // Told before a reader stumbles over the end.
  if (stored.size !== entry.sizeBytes) {
    await closeUnread(stored.body);
    throw wrongSize(key, entry, stored.size);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stored.body) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    yield chunk;
  }
  assertIntact(key, entry, bytes, hash.digest('hex'));
}

/** Lets the source close its file or socket, which one that was never begun would not. */
async function closeUnread(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body) break;
}

const damaged = (object: string, expected: string, actual: string, message: string): BundleError =>
  new BundleError('corrupt', message, { damage: { object, expected, actual } });

const absent = (key: string): BundleError =>
  damaged(key, 'an object', 'nothing', `${key} is in the manifest but not in the store`);

const wrongSize = (key: string, { sizeBytes }: BlobEntry, actual: number): BundleError =>
  damaged(key, `${sizeBytes} bytes`, `${actual} bytes`, `${key} has ${actual} bytes, its manifest says ${sizeBytes}`);

function assertIntact(key: string, entry: BlobEntry, actualBytes: number, actual: string): void {
  const { sizeBytes, sha256 } = entry;
  if (actualBytes !== sizeBytes) throw wrongSize(key, entry, actualBytes);
  if (actual === sha256) return;
  const message = `${key} has SHA-256 ${actual}, its manifest says ${sha256}`;
  throw damaged(key, `SHA-256 ${sha256}`, `SHA-256 ${actual}`, message);
}
