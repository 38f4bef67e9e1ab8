/**
 * Context-free grammars as values. Those that constrained decoding checks tokens against are over bytes, because a token may end in
 * the middle of a character; those that say which strings a schema allows are over code points, before they are written as JSON.
 */

import { CHARACTERS, type SymbolRange } from './symbol-ranges.js';

export type GrammarNode =
  | { readonly kind: 'symbol'; readonly ranges: readonly SymbolRange[] }
  | { readonly kind: 'empty' }
  | { readonly kind: 'sequence'; readonly first: GrammarNode; readonly rest: GrammarNode }
  | { readonly kind: 'choice'; readonly options: readonly GrammarNode[] }
  | { readonly kind: 'repeat'; readonly item: GrammarNode; readonly min: number; readonly max: number }
  | { readonly kind: 'lazy'; readonly node: () => GrammarNode };

export const empty: GrammarNode = { kind: 'empty' };

export const symbol = (...ranges: readonly SymbolRange[]): GrammarNode => ({ kind: 'symbol', ranges });

/** One of these ASCII characters. */
export const oneOf = (characters: string): GrammarNode =>
  symbol(...[...new TextEncoder().encode(characters)].map((code): SymbolRange => [code, code]));

/** The UTF-8 of a text. */
export const literal = (text: string): GrammarNode =>
  joined(Array.from(new TextEncoder().encode(text), (code) => symbol([code, code])));

export const sequence = (...nodes: readonly GrammarNode[]): GrammarNode => joined(nodes);

function joined(nodes: readonly GrammarNode[]): GrammarNode {
  const last = nodes.at(-1) ?? empty;
  return nodes.slice(0, -1).reduceRight((rest, first) => ({ kind: 'sequence', first, rest }), last);
}

export const choice = (...options: readonly GrammarNode[]): GrammarNode => oneOfAll(options);

/** The same of so many that they are no arguments of a call. */
export const oneOfAll = (options: readonly GrammarNode[]): GrammarNode => ({ kind: 'choice', options });

/** Between `min` and `max` times. */
export const repeat = (item: GrammarNode, min = 0, max = Number.POSITIVE_INFINITY): GrammarNode => ({
  kind: 'repeat',
  item,
  min,
  max,
});

/** Every text, over code points: behind it nothing else needs to be looked at. */
export const anyText: GrammarNode = repeat(symbol(...CHARACTERS));

export const optional = (node: GrammarNode): GrammarNode => choice(node, empty);

/** A node that is made when it is first looked at: what refers to itself, and what is seldom reached. */
export function lazy(make: () => GrammarNode): GrammarNode {
  let made: GrammarNode | undefined;
  return { kind: 'lazy', node: () => (made ??= make()) };
}
