/**
 * Object keys as relative file paths, one to one. Only lower-case letters, digits, "-", "_" and inner dots are
 * written as they are, so a path can neither leave its root nor meet a reserved name, and two keys stay two files on
 * file systems that fold letter case or Unicode forms. "^a" is "A"; "%c3" is a byte. A directory ends in "+" (so the
 * key "a" and the key "a/b" can both exist), or in "~" where a long segment continues in the next piece.
 */
/** Escaped characters in one file name: at most 3 bytes each, so below the usual limit of 255 bytes. */
const PIECE_CHARACTERS_MAX = 80;

export function pathOfKey(key: string): string {
  const segments = key.split('/').map((segment) => escapeSegment(segment).match(PIECES)?.join('~/') ?? '');
  return segments.join('+/');
}

/** The key of a path that `pathOfKey` made. */
export function keyOfPath(path: string): string {
  const escaped = path.replaceAll('~/', '').replaceAll('+/', '/');
  return decodeURIComponent(escaped.replace(/\^([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

/** The directory (with its final "/", or "") that holds every key with this prefix, and perhaps others. */
export function directoryOfPrefix(prefix: string): string {
  const at = prefix.lastIndexOf('/');
  return at < 0 ? '' : `${pathOfKey(prefix.slice(0, at))}+/`;
}

/** Never cuts an escape in two: "%c3" and "^a" stay whole. */
const PIECES = new RegExp(`(?:%[0-9a-f]{2}|\\^[a-z]|[^%^]){1,${PIECE_CHARACTERS_MAX}}`, 'g');

function escapeSegment(segment: string): string {
  let escaped = '';
  for (const byte of Buffer.from(segment)) escaped += escapeByte(byte);
  return escaped.replace(/^\./, '%2e').replace(/\.$/, '%2e');
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[a-z0-9._-]/.test(character)) return character;
  if (/[A-Z]/.test(character)) return `^${character.toLowerCase()}`;
  return `%${byte.toString(16).padStart(2, '0')}`;
}
