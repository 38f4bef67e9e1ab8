/**
 * Regular expressions as JSON schemas have them (ECMA-262 in Unicode mode, found anywhere in a text) as grammars over code points. What
 * is not regular, or looks at characters that it does not match, is refused by name.
 */
import { type GrammarNode, symbol } from './byte-grammar.js';
import { CLASS_ESCAPES, NO_LINE_END } from './character-classes.js';
import {
  either,
  end,
  followed,
  found,
  isAnchored,
  nothing,
  type Part,
  repeated,
  single,
  start,
} from './pattern-branches.js';
import { CHARACTERS, common, others, type SymbolSet, united } from './symbol-ranges.js';

/** What is wrong with a pattern, in words that follow its name. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const MAX_LENGTH = 4096;
/** Of one quantifier. */
const MAX_COUNT = 1000;
/** Of a pattern whose quantifiers are written out. */
const MAX_SIZE = 10_000;

/** The texts in which a pattern is found. @throws PatternError. */
export function readPattern(pattern: string): GrammarNode {
  if (pattern.length > MAX_LENGTH) throw new PatternError(`must have at most ${MAX_LENGTH} characters`);
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    throw new PatternError(`is no regular expression: ${(error as Error).message}`);
  }
  return found(new PatternReader(pattern).read());
}

/** A group, which may have a name or none. */
const GROUP = /^\((?:\?:|\?<[^=!>][^>]*>|(?!\?))/;
/** What a group begins with that is none of these. */
const OTHER_GROUP = /^\(\?(?:<?[=!]|[^:)]*:?)/;

/** What a group begins with, of a pattern from its `(` on. @throws PatternError for all but plain groups and named ones. */
export function groupOpening(pattern: string): string {
  const [opening] = GROUP.exec(pattern) ?? [];
  if (opening !== undefined) return opening;
  const [other = ''] = OTHER_GROUP.exec(pattern) ?? [];
  const what = /[=!]$/.test(other) ? 'looks ahead or behind with' : 'has the modifiers';
  throw new PatternError(`${what} "${other}", which cannot be enforced here`);
}

/** `\u{…}`, two units of UTF-16, one, `\x…` and `\c…`. */
const CODES = /u\{([0-9a-fA-F]+)\}|u([dD][89abAB]..\\u[dD][c-fC-F]..)|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|c([a-zA-Z])/y;
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };

/** Reads what a `RegExp` has taken already: of each form only what tells it from the others is looked at. */
class PatternReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Part {
    const options: Part[] = [];
    do options.push(this.#alternative());
    while (this.#take('|'));
    return options.length === 1 ? (options[0] as Part) : bounded(either(options));
  }

  #alternative(): Part {
    let part: Part | null = null;
    while (this.#at < this.#text.length && !/^[|)]/.test(this.#rest(1))) {
      const next = this.#quantified(this.#atom());
      part = bounded(part ? followed(part, next) : next);
    }
    return part ?? nothing;
  }

  #atom(): Part {
    if (this.#take('^')) return start;
    if (this.#take('$')) return end;
    if (this.#take('.')) return single(symbol(...NO_LINE_END));
    if (this.#rest(1) === '(') return this.#group();
    return single(symbol(...common(this.#take('[') ? this.#class() : this.#character(), CHARACTERS)));
  }

  #group(): Part {
    this.#take(groupOpening(this.#text.slice(this.#at)));
    const part = this.read();
    this.#take(')');
    return part;
  }

  #quantified(part: Part): Part {
    const written = this.#match(/(?:[*+?]|\{(\d+)(,(\d*))?\})\??/y);
    if (!written) return part;
    const [whole, low, comma, high] = written;
    const many = Number.POSITIVE_INFINITY;
    const counts: Readonly<Record<string, readonly [number, number]>> = { '*': [0, many], '+': [1, many], '?': [0, 1] };
    const most = comma === undefined ? Number(low) : high ? Number(high) : many;
    const [min, max] = counts[whole[0] as string] ?? [Number(low), most];
    if (min > MAX_COUNT || (max > MAX_COUNT && max !== many)) {
      throw new PatternError(`counts to more than ${MAX_COUNT} with "${whole}"`);
    }
    if (isAnchored(part) && max > 1)
      throw new PatternError(`repeats "^" or "$" with "${whole}"; anchor the whole instead`);
    return repeated(part, min, max);
  }

  #class(): SymbolSet {
    const isNegated = this.#take('^');
    const parts: SymbolSet[] = [];
    while (!this.#take(']')) {
      const low = this.#character(true);
      const isRange = this.#rest(1) === '-' && this.#rest(2) !== '-]';
      if (isRange) this.#take('-');
      parts.push(isRange ? [[pointIn(low), pointIn(this.#character(true))]] : low);
    }
    const set = united(parts.flat());
    return isNegated ? others(set) : set;
  }

  /** One character, or a class escape. */
  #character(isInClass = false): SymbolSet {
    if (!this.#take('\\')) return this.#point();
    const escape = this.#match(CODES);
    if (escape) return only(codeOf(escape));
    const [letter = ''] = this.#rest(2);
    const set = CLASS_ESCAPES.get(letter);
    const control = CONTROLS[letter];
    this.#refuseEscape(letter, isInClass);
    if (!set && control === undefined && letter !== 'b') return this.#point();
    this.#take(letter);
    return set ?? only(control ?? 8);
  }

  #refuseEscape(letter: string, isInClass: boolean): void {
    const refuse = (what: string) => {
      throw new PatternError(`has ${what} "\\${letter}", which cannot be enforced here`);
    };
    if (/[1-9k]/.test(letter)) refuse('the back-reference');
    if (/[pP]/.test(letter)) refuse('the Unicode property');
    if (/[bB]/.test(letter) && !isInClass) refuse('the word boundary');
  }

  #point(): SymbolSet {
    const point = this.#text.codePointAt(this.#at) as number;
    this.#at += point > 0xffff ? 2 : 1;
    return only(point);
  }

  #rest(length: number): string {
    return this.#text.slice(this.#at, this.#at + length);
  }

  #take(text: string): boolean {
    const isNext = this.#text.startsWith(text, this.#at);
    if (isNext) this.#at += text.length;
    return isNext;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#text);
    if (match) this.#at += match[0].length;
    return match;
  }
}

function bounded(part: Part): Part {
  if (part.size <= MAX_SIZE) return part;
  throw new PatternError(`has more than ${MAX_SIZE} characters or empty parts where counts are written out`);
}

const only = (point: number): SymbolSet => [[point, point]];
const pointIn = (set: SymbolSet): number => (set[0] as readonly [number, number])[0];

function codeOf([, braced, pair, unit, byte, letter]: RegExpExecArray): number {
  if (letter !== undefined) return (letter.codePointAt(0) as number) % 32;
  if (pair === undefined) return Number.parseInt((braced ?? unit ?? byte) as string, 16);
  const [high, low] = pair.split('\\u').map((half) => Number.parseInt(half, 16)) as [number, number];
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}
