/**
 * The pieces of the protocol that can be taken away, one at a time, each with what the simulation must say then. A weakened piece is
 * handed to the production factories; no source is changed.
 */
import type { publishBundle } from '@preheat/checkpoints';
import { BundleError, MANIFEST_NAME, sha256Hex } from '@preheat/checkpoints';
import { type BundleManifest, encodeStored } from '@preheat/contracts';
import { putIdempotent } from '@preheat/ports';
import type { Weakened } from './world/weakened.js';

const manifestFirst: typeof publishBundle = async (store, prefix, blobs) => {
  if (blobs.size === 0) throw new BundleError('invalid-name', `bundle ${prefix} has no blobs`);
  const whole: [string, Uint8Array][] = [];
  for (const [name, content] of blobs) {
    const pieces: Uint8Array[] = [];
    for await (const piece of typeof content === 'function' ? content() : [content]) pieces.push(piece);
    whole.push([name, Buffer.concat(pieces)]);
  }
  const entries = whole.map(([name, bytes]) => ({ name, sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes) }));
  const manifest: BundleManifest = { schemaVersion: 1, blobs: entries };
  await putIdempotent(store, `${prefix}/${MANIFEST_NAME}`, encodeStored(manifest));
  for (const [name, bytes] of whole) await putIdempotent(store, `${prefix}/${name}`, bytes);
  return manifest;
};

interface Weakness {
  /** Its name, as `packages/jobs/PROTOCOL.md` cites it, and what happens without it. */
  readonly what: string;
  readonly weakened: Weakened;
  /** The properties of which one must break. */
  readonly noticed: RegExp;
}

export const WEAKNESSES: readonly Weakness[] = [
  {
    what: 'the fence: a runner writes although its lease is not the one that holds the job',
    weakened: { pieces: { isHeldBy: () => true } },
    noticed: /finishes at most once|backwards|cancelled stays|paused stays|shared/,
  },
  {
    what: 'the read-back: a write whose answer was lost is taken for done',
    weakened: { pieces: { carriesWrite: () => true } },
    noticed: /never lost|stays|metrics|finishes|ends|backwards|shared|straight run/,
  },
  {
    what: 'the manifest-last rule: the manifest is written before the blobs it lists',
    weakened: { publishBundle: manifestFirst },
    noticed: /before it is complete/,
  },
  {
    what: 'the idempotency check: every create request is a new one',
    weakened: {
      pieces: {
        reserve: (ledger, identity) => ledger.reserve({ ...identity, keyDigest: null, isRetry: false }),
      },
    },
    noticed: /never doubled/,
  },
  {
    what: 'the collector',
    weakened: { orphanGraceMs: 10 ** 12 },
    noticed: /no orphaned object/,
  },
  {
    what: 'references: what a job started from is collected like anything else that its own job does not keep',
    weakened: { pieces: { isUsed: () => false } },
    noticed: /what is referenced stays|ends/,
  },
  {
    what: 'the grace period: what nothing refers to yet is deleted at once',
    weakened: { orphanGraceMs: 0 },
    noticed: /complete|never lost|ends|straight run|finishes|stays|no orphaned|RangeError/,
  },
];
