/** JSON (RFC 8259) as a grammar, written as models write it: on one line, or with a line an element. */
import {
  byte,
  choice,
  empty,
  type GrammarNode,
  lazy,
  literal,
  oneOf,
  optional,
  repeat,
  sequence,
} from './byte-grammar.js';

/** A number that a double holds exactly enough; more digits are a model that does not stop. */
const MAX_DIGITS = 15;
const MAX_INDENTATION = 32;

/** Between two marks: nothing, a space, or a new line and its indentation. Bounded, so that no answer is all space. */
export const gap = choice(empty, literal(' '), sequence(literal('\n'), repeat(literal(' '), 0, MAX_INDENTATION)));

const tail = byte([0x80, 0xbf]);
const plainCharacter = choice(
  byte([0x20, 0x21], [0x23, 0x5b], [0x5d, 0x7f]),
  sequence(byte([0xc2, 0xdf]), tail),
  sequence(byte([0xe0, 0xe0]), byte([0xa0, 0xbf]), tail),
  sequence(byte([0xe1, 0xec], [0xee, 0xef]), tail, tail),
  sequence(byte([0xed, 0xed]), byte([0x80, 0x9f]), tail),
  sequence(byte([0xf0, 0xf0]), byte([0x90, 0xbf]), tail, tail),
  sequence(byte([0xf1, 0xf3]), tail, tail, tail),
  sequence(byte([0xf4, 0xf4]), byte([0x80, 0x8f]), tail, tail),
);
const hex = oneOf('0123456789abcdefABCDEF');
// No halves of surrogate pairs: alone they are no character.
const escapedUnit = choice(
  sequence(oneOf('0123456789abcefABCEF'), hex, hex, hex),
  sequence(oneOf('dD'), oneOf('01234567'), hex, hex),
);
const escape = sequence(literal('\\'), choice(oneOf('"\\/bfnrt'), sequence(literal('u'), escapedUnit)));

/** Characters of a string, an escape being one. */
export const stringOf = (min = 0, max = Number.POSITIVE_INFINITY): GrammarNode =>
  sequence(literal('"'), repeat(choice(plainCharacter, escape), min, max), literal('"'));

const digit = oneOf('0123456789');
export const integer = sequence(
  optional(literal('-')),
  choice(literal('0'), sequence(oneOf('123456789'), repeat(digit, 0, MAX_DIGITS - 1))),
);
const fraction = sequence(literal('.'), repeat(digit, 1, MAX_DIGITS));
const exponent = sequence(oneOf('eE'), optional(oneOf('+-')), repeat(digit, 1, 2));
export const number = sequence(integer, optional(fraction), optional(exponent));

/** `[` … `]` of items. */
export function arrayOf(item: GrammarNode, min = 0, max = Number.POSITIVE_INFINITY): GrammarNode {
  const more = repeat(sequence(literal(','), gap, item), Math.max(0, min - 1), max - 1);
  const filled = sequence(gap, item, more, gap, literal(']'));
  const none = sequence(gap, literal(']'));
  return sequence(literal('['), max < 1 ? none : min > 0 ? filled : choice(filled, none));
}

/** `"key": value`. */
export const member = (key: GrammarNode, value: GrammarNode): GrammarNode => sequence(key, literal(':'), gap, value);

/** `{` … `}` of any members. */
export function mapOf(value: GrammarNode): GrammarNode {
  const one = member(stringOf(), value);
  const filled = sequence(gap, one, repeat(sequence(literal(','), gap, one)), gap, literal('}'));
  return sequence(literal('{'), choice(filled, sequence(gap, literal('}'))));
}

export const anyValue: GrammarNode = lazy(() =>
  choice(anyObject, arrayOf(anyValue), stringOf(), number, literal('true'), literal('false'), literal('null')),
);

export const anyObject: GrammarNode = lazy(() => mapOf(anyValue));
