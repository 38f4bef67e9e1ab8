/** The automaton of what several keywords of a schema allow together. */
import {
  type AutomatonState,
  type AutomatonWork,
  intersection,
  type KnownState,
  type NoAutomaton,
} from './automaton.js';
import type { GrammarNode } from './byte-grammar.js';
import { Grammar } from './grammar-state.js';
import { joinPath, type Schema, SchemaError } from './schema-error.js';

export interface Language {
  /** What it comes from; none for what holds without. */
  readonly keyword?: string;
  readonly automaton: AutomatonState;
}

export const languageOf = (node: GrammarNode, keyword?: string): Language => ({
  automaton: new Grammar(node).start,
  ...(keyword !== undefined && { keyword }),
});

/** @throws SchemaError where nothing is allowed, or it would take too much to find out what. */
export function commonAutomaton(
  languages: readonly Language[],
  schema: Schema,
  path: string,
  work: AutomatonWork,
): KnownState {
  const isFirst = work.isWhole;
  const result = intersection(
    languages.map(({ automaton }) => automaton),
    work,
  );
  if (typeof result !== 'string') return result;
  const keywords = languages.flatMap(({ keyword = [] }) => keyword);
  const stated = keywords.map((keyword) => `${keyword} ${JSON.stringify(schema[keyword])}`).join(', ');
  throw new SchemaError(joinPath(path, keywords[0] ?? ''), whyNot(result, stated, isFirst));
}

function whyNot(result: NoAutomaton, stated: string, isFirst: boolean): string {
  if (result === 'empty') return `nothing fulfils ${stated}`;
  const alone = `${stated} would take an automaton that is too large`;
  if (isFirst) return `${alone}; use smaller counts, or fewer choices before what tells them apart`;
  return `${alone} beside those of what is constrained before; the schema as a whole is too large: use smaller counts, or constrain less of it`;
}
