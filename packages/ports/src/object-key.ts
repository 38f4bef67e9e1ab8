/**
 * The keys every adapter accepts, and the order in which listings return them. One rule for all adapters, because a
 * key that works in tests and not on S3 (or escapes a directory on a filesystem) is found only in production.
 */
import { InvalidKeyError } from './store-errors.js';

/** S3's limit, in UTF-8 bytes. */
export const KEY_BYTES_MAX = 1024;

const encoder = new TextEncoder();

/** Nearly every key: visible ASCII, and no segment that begins with a dot. */
const PLAIN_KEY = /^[!--0-~][!-.0-~]*(?:\/[!--0-~][!-.0-~]*)*$/;
const PLAIN_PREFIX = /^[!-~]*$/;

/**
 * A key is 1 to 1024 UTF-8 bytes of segments joined by "/". No segment is empty, "." or ".."; no control characters
 * (the XML of a listing cannot carry them) and no lone surrogates (they have no UTF-8 form).
 * @throws InvalidKeyError
 */
export function assertKey(key: string): void {
  if (key.length <= KEY_BYTES_MAX && PLAIN_KEY.test(key)) return;
  if (key === '') throw new InvalidKeyError(key, 'it is empty');
  if (encoder.encode(key).length > KEY_BYTES_MAX) throw new InvalidKeyError(key, `more than ${KEY_BYTES_MAX} bytes`);
  assertText(key);
  for (const segment of key.split('/')) {
    if (segment === '') throw new InvalidKeyError(key, 'it has an empty segment (a leading, trailing or double "/")');
    if (segment === '.' || segment === '..') throw new InvalidKeyError(key, `it has the segment "${segment}"`);
  }
}

/** A prefix may be empty or stop anywhere, but obeys the same limits on characters and length. */
export function assertPrefix(prefix: string): void {
  if (prefix.length <= KEY_BYTES_MAX && PLAIN_PREFIX.test(prefix)) return;
  if (encoder.encode(prefix).length > KEY_BYTES_MAX) {
    throw new InvalidKeyError(prefix, `more than ${KEY_BYTES_MAX} bytes`);
  }
  assertText(prefix);
}

function assertText(text: string): void {
  if (/\p{Cc}|\uFFFE|\uFFFF/u.test(text)) throw new InvalidKeyError(text, 'it contains a control character');
  if (/\p{Surrogate}/u.test(text)) throw new InvalidKeyError(text, 'it contains a lone surrogate');
}

/**
 * Listing order: by UTF-8 bytes, which is by code point. JavaScript compares UTF-16 units instead, and that differs
 * where a surrogate pair meets U+E000..U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB);
  }
  return a.length - b.length;
}

/** Moves surrogates above U+FFFF's rank, where the code points they encode belong. */
function codePointRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
