/** Characters as a JSON string writes them (RFC 8259, section 7): in UTF-8, or escaped. */
import { type GrammarNode, literal, oneOf, oneOfAll, sequence, symbol } from './byte-grammar.js';
import { CHARACTERS, common, digitRanges, others, type SymbolSet, type SymbolRange } from './symbol-ranges.js';

const MUST_BE_ESCAPED: SymbolSet = [
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
];
const LETTERS: readonly (readonly [letter: string, meant: string])[] = [
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
];
/** Code points with as many bytes in UTF-8, and what the first of them has beside its bits. */
const UTF8: readonly { readonly range: SymbolRange; readonly bytes: number; readonly lead: number }[] = [
  { range: [0, 0x7f], bytes: 1, lead: 0 },
  { range: [0x80, 0x7ff], bytes: 2, lead: 0xc0 },
  { range: [0x800, 0xffff], bytes: 3, lead: 0xe0 },
  { range: [0x10000, 0x10ffff], bytes: 4, lead: 0xf0 },
];
/** `\u` and one unit of UTF-16: other characters are two of them, and are written in UTF-8 alone. */
const ONE_UNIT: SymbolSet = [[0, 0xffff]];

/** One of these characters. */
export function jsonCharacter(set: SymbolSet): GrammarNode {
  const letters = LETTERS.filter(([, meant]) => common(set, [pointOf(meant)]).length > 0).map(([letter]) => letter);
  const units = common(set, ONE_UNIT).flatMap(escapedUnits);
  // Nothing may begin what cannot be gone on with.
  const escapes = units.length > 0 ? [oneOf(letters.join('')), sequence(literal('u'), oneOfAll(units))] : [];
  const plain = common(set, others(MUST_BE_ESCAPED)).flatMap(inUtf8);
  return oneOfAll([...plain, ...(escapes.length > 0 ? [sequence(literal('\\'), oneOfAll(escapes))] : [])]);
}

export const anyCharacter = jsonCharacter(CHARACTERS);

function pointOf(character: string): SymbolRange {
  const point = character.codePointAt(0) as number;
  return [point, point];
}

function inUtf8(range: SymbolRange): GrammarNode[] {
  return UTF8.flatMap(({ range: sameLength, bytes, lead }) =>
    common([range], [sameLength]).flatMap(([from, to]) => {
      const encoded = (point: number) => Array.from({ length: bytes }, (_, at) => utf8Byte(point, at, bytes, lead));
      return digitRanges(encoded(from), encoded(to), [0x80, 0xbf]).map((parts) =>
        sequence(...parts.map((part) => symbol(part))),
      );
    }),
  );
}

function utf8Byte(point: number, at: number, bytes: number, lead: number): number {
  const bits = point >> (6 * (bytes - 1 - at));
  return at === 0 ? lead | bits : 0x80 | (bits & 0x3f);
}

function escapedUnits([from, to]: SymbolRange): GrammarNode[] {
  const digits = (unit: number) => [12, 8, 4, 0].map((shift) => (unit >> shift) & 0xf);
  return digitRanges(digits(from), digits(to), [0, 0xf]).map((parts) => sequence(...parts.map(hexDigit)));
}

function hexDigit([from, to]: SymbolRange): GrammarNode {
  const letters = (ten: number): SymbolSet => common([[from + ten - 10, to + ten - 10]], [[ten, ten + 5]]);
  return symbol(...common([[from + 0x30, to + 0x30]], [[0x30, 0x39]]), ...letters(0x41), ...letters(0x61));
}
