/** What the classes of regular expressions stand for (ECMA-262, CharacterClassEscape), less halves of surrogate pairs. */
import { others, type SymbolRange, type SymbolSet } from './symbol-ranges.js';

const only = (...points: readonly number[]): SymbolRange[] => points.map((point) => [point, point]);

const DIGITS: SymbolSet = [[0x30, 0x39]];
const WORD: SymbolSet = [...DIGITS, [0x41, 0x5a], ...only(0x5f), [0x61, 0x7a]];
const LINE_ENDS: SymbolSet = [...only(0x0a, 0x0d), [0x2028, 0x2029]];
/** White space and ends of lines. */
const SPACES: SymbolSet = [
  [0x09, 0x0d],
  ...only(0x20, 0xa0, 0x1680),
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  ...only(0x202f, 0x205f, 0x3000, 0xfeff),
];

/** By the letter behind `\`. */
export const CLASS_ESCAPES: ReadonlyMap<string, SymbolSet> = new Map([
  ['d', DIGITS],
  ['D', others(DIGITS)],
  ['w', WORD],
  ['W', others(WORD)],
  ['s', SPACES],
  ['S', others(SPACES)],
]);

/** `.` */
export const NO_LINE_END: SymbolSet = others(LINE_ENDS);
