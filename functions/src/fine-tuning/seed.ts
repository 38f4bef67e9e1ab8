/** A seed where the caller named none: unpredictable from an unguessable id, and on record like one that was given. */
import { createHash } from 'node:crypto';
import type { Ids } from '@preheat/ports';

/** 0 to 2^31 − 1, the range of seeds on the wire. */
export function newSeed(ids: Ids): number {
  return createHash('sha256').update(ids.next('seed')).digest().readUInt32BE(0) >>> 1;
}
