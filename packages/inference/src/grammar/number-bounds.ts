/**
 * Numbers within bounds as grammars over their characters. Written are at most 15 digits, since decimals of 15 digits keep their order as
 * doubles: a text is within a bound just where the number read from it is.
 */
import {
  choice,
  empty,
  type GrammarNode,
  lazy,
  literal,
  oneOf,
  oneOfAll,
  optional,
  repeat,
  sequence,
  symbol,
} from './byte-grammar.js';
import { MAX_DIGITS } from './json-grammar.js';
import { digitRanges, type SymbolRange } from './symbol-ranges.js';

/** What a number may be beside its bound. */
export interface Relation {
  readonly less: boolean;
  readonly equal: boolean;
  readonly greater: boolean;
}

const digit = symbol([0x30, 0x39]);
const leading = symbol([0x31, 0x39]);
const digits = (min: number, max = Number.POSITIVE_INFINITY): GrammarNode => repeat(digit, min, max);
const fraction = (max: number): GrammarNode => (max < 1 ? empty : optional(sequence(literal('.'), digits(1, max))));
const anyFraction = fraction(Number.POSITIVE_INFINITY);
const anyDecimal = sequence(digits(1), anyFraction);
const MAX_EXPONENT = 99;

/** `e` and a power of ten between these. */
function exponentWithin(least: number, most: number): GrammarNode {
  const [low, high] = [Math.max(least, -MAX_EXPONENT), Math.min(most, MAX_EXPONENT)];
  if (low > high) return oneOfAll([]);
  const negative = low < 0 ? [sequence(literal('-'), powers(Math.max(1, -high), -low))] : [];
  const positive = high > 0 ? [sequence(optional(literal('+')), powers(Math.max(1, low), high))] : [];
  const zero = low <= 0 && high >= 0 ? [sequence(optional(oneOf('+-')), powers(0, 0))] : [];
  return sequence(oneOf('eE'), oneOfAll([...negative, ...zero, ...positive]));
}

/** With two digits, or one where that is enough. */
function powers(low: number, high: number): GrammarNode {
  const parts = digitRanges([Math.floor(low / 10), low % 10], [Math.floor(high / 10), high % 10], [0, 9]);
  return oneOfAll(
    parts.map(([tens = [0, 0], ones = [0, 0]]) => {
      const both = sequence(figure(tens), figure(ones));
      return tens[0] === 0 ? choice(both, figure(ones)) : both;
    }),
  );
}

const figure = ([from, to]: SymbolRange): GrammarNode => symbol([0x30 + from, 0x30 + to]);

const anyExponent = exponentWithin(-MAX_EXPONENT, MAX_EXPONENT);

/** As bounded integers are written. */
export const boundedInteger: GrammarNode = sequence(
  optional(literal('-')),
  choice(literal('0'), sequence(leading, digits(0, MAX_DIGITS - 1))),
);

/** As bounded numbers are written: with an exponent, one digit other than 0 stands before the point. */
export const boundedNumber: GrammarNode = sequence(
  optional(literal('-')),
  choice(
    sequence(literal('0'), fraction(MAX_DIGITS)),
    ...Array.from({ length: MAX_DIGITS }, (_, more) =>
      sequence(leading, digits(more, more), fraction(MAX_DIGITS - 1 - more)),
    ),
    sequence(leading, fraction(MAX_DIGITS - 1), exponentWithin(-MAX_EXPONENT, MAX_EXPONENT)),
  ),
);

/** Texts of numbers that are so beside the bound. Only those of `boundedNumber` are right. @param bound finite. */
export function beside(bound: number, relation: Relation): GrammarNode {
  const { less, equal, greater } = relation;
  return choice(
    magnitudes(bound, relation),
    sequence(literal('-'), magnitudes(-bound, { less: greater, equal, greater: less })),
  );
}

/** Of a divisor, less the zeros at its end: as many remainders there are. */
export const MAX_DIVISOR = 1000;

/** Integers that `divisor` divides. Null where there are too many remainders. @param divisor a safe integer above 0. */
export function multiples(divisor: number): GrammarNode | null {
  const zeroes = /0*$/.exec(String(divisor))?.[0].length ?? 0;
  const rest = divisor / 10 ** zeroes;
  if (rest > MAX_DIVISOR) return null;
  return sequence(optional(literal('-')), choice(literal('0'), sequence(remaining(rest), literal('0'.repeat(zeroes)))));
}

/** The remainder is all that must be known of the digits so far. */
function remaining(divisor: number): GrammarNode {
  const nodes: GrammarNode[] = Array.from({ length: divisor }, (_, remainder) =>
    lazy(() => {
      const next = Array.from({ length: 10 }, (_unused, value) => {
        return sequence(literal(String(value)), nodes[(10 * remainder + value) % divisor] as GrammarNode);
      });
      return oneOfAll(remainder === 0 ? [empty, ...next] : next);
    }),
  );
  return nodes[0] as GrammarNode;
}

/** Of texts without a sign. */
function magnitudes(bound: number, relation: Relation): GrammarNode {
  if (bound < 0) return relation.greater ? sequence(anyDecimal, optional(anyExponent)) : oneOfAll([]);
  const [mantissa, exponent] = decimalOf(bound);
  return oneOfAll([...decimals(mantissa, exponent, relation), ...scientific(mantissa, exponent, relation)]);
}

/** The shortest digits of a double, and the power of ten of the first: of 0.025 they are 25 and -2; of 0 there is none. */
function decimalOf(value: number): [mantissa: string, exponent: number] {
  const [written = '', power = ''] = value.toExponential().split('e');
  return [written.replace('.', '').replace(/0+$/, ''), Number(power)];
}

/** Texts without an exponent. */
function decimals(mantissa: string, exponent: number, { less, equal, greater }: Relation): GrammarNode[] {
  if (exponent >= MAX_DIGITS) return less ? [anyDecimal] : [];
  const shifted = `${'0'.repeat(Math.max(0, -exponent))}${mantissa}`.padEnd(exponent + 1, '0');
  const point = Math.max(0, exponent) + 1;
  const [whole, precise] = [shifted.slice(0, point), shifted.slice(point)];
  const part = precise.slice(0, MAX_DIGITS).replace(/0+$/, '');
  // No text has as many digits as a bound that was cut off here: what equals the rest is below it.
  const isEqual = precise.length > MAX_DIGITS ? less : equal;
  return [
    ...(less ? [...below(whole, part), ...shorterParts(whole, part)] : []),
    ...(isEqual ? [exactly(whole, part)] : []),
    ...(greater ? above(whole, part) : []),
  ];
}

function exactly(whole: string, part: string): GrammarNode {
  if (part === '') return sequence(literal(whole), optional(sequence(literal('.'), zeros(1))));
  return sequence(literal(`${whole}.${part}`), zeros(0));
}

const zeros = (min: number): GrammarNode => repeat(literal('0'), min);

/** A smaller whole, or the same and a part whose first other digit is smaller. */
function below(whole: string, part: string): GrammarNode[] {
  const shorter = whole.length > 1 ? [sequence(digits(1, whole.length - 1), anyFraction)] : [];
  return [...shorter, ...differing(whole, part, (digit) => [0, digit - 1])];
}

/** The same whole and a part that ends before a digit other than 0 of the bound's, which has no 0 at its end. */
function shorterParts(whole: string, part: string): GrammarNode[] {
  return Array.from(part, (_, length) => literal(length === 0 ? whole : `${whole}.${part.slice(0, length)}`));
}

function above(whole: string, part: string): GrammarNode[] {
  const further = sequence(literal(part), zeros(0), leading, digits(0));
  return [
    sequence(leading, digits(whole.length), anyFraction),
    ...differing(whole, part, (digit) => [digit + 1, 9]),
    sequence(literal(`${whole}.`), further),
  ];
}

/** As many digits before the point, and the first that differs in this range; by where it is. */
function differing(whole: string, part: string, range: (digit: number) => SymbolRange): GrammarNode[] {
  const other = (digit: string): GrammarNode => {
    const [from, to] = range(Number(digit));
    return from <= to ? figure([from, to]) : oneOfAll([]);
  };
  const inWhole = Array.from(whole, (digit, at) => {
    const rest = whole.length - at - 1;
    return sequence(literal(whole.slice(0, at)), other(digit), digits(rest, rest), anyFraction);
  });
  const inPart = Array.from(part, (digit, at) =>
    sequence(literal(`${whole}.${part.slice(0, at)}`), other(digit), digits(0)),
  );
  return [...inWhole, ...inPart];
}

/** Texts with an exponent, by how what stands before it is beside the bound's own digits. */
function scientific(mantissa: string, exponent: number, relation: Relation): GrammarNode[] {
  const { less, greater } = relation;
  if (mantissa === '') return greater ? [sequence(anyDecimal, anyExponent)] : [];
  const smaller = less ? [sequence(anyDecimal, exponentWithin(-MAX_EXPONENT, exponent - 1))] : [];
  const same = oneOfAll(decimals(mantissa, 0, relation));
  const larger = greater ? [sequence(anyDecimal, exponentWithin(exponent + 1, MAX_EXPONENT))] : [];
  return [...smaller, sequence(same, exponentWithin(exponent, exponent)), ...larger];
}
