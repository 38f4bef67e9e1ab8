/**
 * Answers that call functions, in the form that a model's template writes: calls alone, or text in which nothing that begins
 * like a call is anything else.
 */
import type { ToolCallForm } from '@preheat/tokenizer';
import { choice, empty, type GrammarNode, lazy, literal, repeat, sequence, symbol } from './byte-grammar.js';
import type { SymbolRange } from './symbol-ranges.js';

export interface CallableFunction {
  readonly name: string;
  /** What its arguments must be: an object. */
  readonly parameters: GrammarNode;
}

export interface ToolCallRules {
  readonly form: ToolCallForm;
  readonly functions: readonly CallableFunction[];
  /** Several calls in one answer, where the form has them. */
  readonly isParallel: boolean;
}

/** One or more calls, behind the first marker. */
export function toolCalls({ form, functions, isParallel }: ToolCallRules): GrammarNode {
  const { kind, marker, open, head, middle, close } = form;
  const call = choice(
    ...functions.map(({ name, parameters }) => sequence(literal(head + name + middle), parameters, literal('}'))),
  );
  const more = (separator: string, item: GrammarNode) =>
    isParallel ? repeat(sequence(literal(separator), item)) : empty;
  switch (kind) {
    case 'bare':
      return call;
    case 'list':
      return sequence(literal(open), call, more(', ', call), literal(close));
    case 'tagged': {
      const tagged = sequence(literal(open), call, literal(close));
      return sequence(tagged, more('\n', sequence(literal(marker), tagged)));
    }
  }
}

/** Any text, in which every marker begins calls; of bare calls, text that does not begin with `{`, or calls. */
export function textOrToolCalls(rules: ToolCallRules): GrammarNode {
  const calls = toolCalls(rules);
  const { kind, marker } = rules.form;
  return kind === 'bare' ? textOrBare(calls) : textUntil(new TextEncoder().encode(marker), calls);
}

const SPACE: readonly SymbolRange[] = [
  [0x09, 0x0a],
  [0x0d, 0x0d],
  [0x20, 0x20],
];
const BRACE = 0x7b;

function textOrBare(calls: GrammarNode): GrammarNode {
  const others = rangesOf((code) => code !== BRACE && !SPACE.some(([from, to]) => code >= from && code <= to));
  const anything = repeat(symbol([0, 255]));
  const begin: GrammarNode = lazy(() =>
    choice(empty, sequence(symbol(...SPACE), begin), sequence(symbol(...others), anything), calls),
  );
  return begin;
}

/** As Knuth, Morris and Pratt look for a word: a node for every number of its bytes that the text ends with. */
function textUntil(word: Uint8Array, then: GrammarNode): GrammarNode {
  const nodes: GrammarNode[] = [...word].map((_, matched) =>
    lazy(() => {
      const next = Array.from({ length: 256 }, (_unused, code) => endingWith(word, matched, code));
      const options = [...new Set(next)].map((target) =>
        sequence(symbol(...rangesOf((code) => next[code] === target)), nodes[target] ?? then),
      );
      return choice(empty, ...options);
    }),
  );
  return nodes[0] ?? then;
}

/** How many bytes of the word the text ends with, after `matched` of them and then `code`. */
function endingWith(word: Uint8Array, matched: number, code: number): number {
  const text = [...word.subarray(0, matched), code];
  let length = text.length;
  while (length > 0 && !text.slice(text.length - length).every((byte, at) => byte === word[at])) length--;
  return length;
}

/** The bytes that fit, as ranges. */
function rangesOf(fits: (code: number) => boolean): SymbolRange[] {
  const ranges: [number, number][] = [];
  for (let code = 0; code < 256; code++) {
    if (!fits(code)) continue;
    const last = ranges.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  return ranges;
}
