/** JSON (RFC 8259) as a grammar, written as models write it: on one line, or with a line an element. */
import { choice, empty, type GrammarNode, lazy, literal, oneOf, optional, repeat, sequence } from './byte-grammar.js';
import { anyCharacter } from './json-characters.js';

/** A number that a double holds exactly enough; more digits are a model that does not stop. */
export const MAX_DIGITS = 15;
const MAX_INDENTATION = 32;

/** Between two marks: nothing, a space, or a new line and its indentation. Bounded, so that no answer is all space. */
export const gap = choice(empty, literal(' '), sequence(literal('\n'), repeat(literal(' '), 0, MAX_INDENTATION)));

/** Characters of a string, an escape being one. */
export const stringOf = (min = 0, max = Number.POSITIVE_INFINITY): GrammarNode =>
  sequence(literal('"'), repeat(anyCharacter, min, max), literal('"'));

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
