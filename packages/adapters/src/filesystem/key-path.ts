/**
 * Object keys as relative file paths, one to one. Only lower-case letters, digits, "-", "_" and inner dots are
 * written as they are, so a path can neither leave its root nor meet a reserved name, and two keys stay two files on
 * file systems that fold letter case or Unicode forms. "^a" is "A"; "%c3" is a byte. A directory ends in "+" (so the
 * key "a" and the key "a/b" can both exist), or in "~" where a segment continues in the next piece: a long one, and one that
 * begins with a time, so that no directory of an index ever holds more than its busiest hundred seconds.
 */
/** Escaped characters in one file name: at most 3 bytes each, so below the usual limit of 255 bytes. */
const PIECE_CHARACTERS_MAX = 80;
/** Milliseconds in 15 digits, cut into twelve days, three hours and a hundred seconds. */
const TIME_SEGMENT = /^(\d{6})(\d{2})(\d{2})(\d{5}-.*)$/s;

export function pathOfKey(key: string): string {
  return key.split('/').map(pathOfSegment).join('+/');
}

function pathOfSegment(segment: string): string {
  const [, ...pieces] = TIME_SEGMENT.exec(segment) ?? ['', segment];
  return pieces.flatMap((piece, index) => escapePiece(piece, index === 0).match(PIECES) ?? []).join('~/');
}

/**
 * What a name in the tree adds to the key it lies under, as a string of one character a byte, in which names compare as keys
 * are listed.
 */
export function bytesOfName(name: string): string {
  const bytes = name
    .replace(/[+~]$/, '')
    .replace(/\^([a-z])|%([0-9a-f]{2})/g, (_, letter: string | undefined, byte: string) =>
      letter === undefined ? String.fromCharCode(Number.parseInt(byte, 16)) : letter.toUpperCase(),
    );
  return name.endsWith('+') ? `${bytes}/` : bytes;
}

/** A key as a string of one character a byte, and back. */
export const bytesOfKey = (key: string): string => Buffer.from(key).toString('latin1');
export const keyOfBytes = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

/** The directory (with its final "/", or "") that holds every key with this prefix, and perhaps others. */
export function directoryOfPrefix(prefix: string): string {
  const at = prefix.lastIndexOf('/');
  return at < 0 ? '' : `${pathOfKey(prefix.slice(0, at))}+/`;
}

/** Never cuts an escape in two: "%c3" and "^a" stay whole. */
const PIECES = new RegExp(`(?:%[0-9a-f]{2}|\\^[a-z]|[^%^]){1,${PIECE_CHARACTERS_MAX}}`, 'g');

function escapePiece(piece: string, isFirst: boolean): string {
  let escaped = '';
  for (const byte of Buffer.from(piece)) escaped += escapeByte(byte);
  const whole = escaped.replace(/\.$/, '%2e');
  return isFirst ? whole.replace(/^\./, '%2e') : whole;
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[a-z0-9._-]/.test(character)) return character;
  if (/[A-Z]/.test(character)) return `^${character.toLowerCase()}`;
  return `%${byte.toString(16).padStart(2, '0')}`;
}
