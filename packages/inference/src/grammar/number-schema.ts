/** Numbers and integers of a schema, within bounds and multiples of an integer. */
import { automatonGrammar, type AutomatonWork } from './automaton.js';
import { type GrammarNode, symbol } from './byte-grammar.js';
import { commonAutomaton, type Language, languageOf } from './common-automaton.js';
import { integer, number } from './json-grammar.js';
import { beside, boundedInteger, boundedNumber, MAX_DIVISOR, multiples, type Relation } from './number-bounds.js';
import { joinPath, type Schema, SchemaError } from './schema-error.js';

const BOUNDS: Readonly<Record<string, Relation>> = {
  minimum: { less: false, equal: true, greater: true },
  exclusiveMinimum: { less: false, equal: false, greater: true },
  maximum: { less: true, equal: true, greater: false },
  exclusiveMaximum: { less: true, equal: false, greater: false },
};

export const NUMBER_KEYWORDS = [...Object.keys(BOUNDS), 'multipleOf'];

/** @throws SchemaError naming the keyword. */
export function numberGrammar(schema: Schema, path: string, work: AutomatonWork, isInteger: boolean): GrammarNode {
  const bounds = Object.entries(BOUNDS).flatMap(([keyword, relation]) => boundOf(schema, path, keyword, relation));
  const multiple = multipleOf(schema, path);
  if (bounds.length + multiple.length === 0) return isInteger ? integer : number;
  const written = languageOf(isInteger || multiple.length > 0 ? boundedInteger : boundedNumber);
  const automaton = commonAutomaton([written, ...bounds, ...multiple], schema, path, work);
  return automatonGrammar(automaton, (set) => symbol(...set));
}

function boundOf(schema: Schema, path: string, keyword: string, relation: Relation): Language[] {
  const bound = schema[keyword];
  if (bound === undefined) return [];
  if (typeof bound === 'number' && Number.isFinite(bound)) return [languageOf(beside(bound, relation), keyword)];
  throw new SchemaError(joinPath(path, keyword), `must be a number, got ${JSON.stringify(bound)}`);
}

function multipleOf(schema: Schema, path: string): Language[] {
  const { multipleOf: divisor } = schema;
  if (divisor === undefined) return [];
  const node = Number.isSafeInteger(divisor) && (divisor as number) > 0 ? multiples(divisor as number) : null;
  if (node) return [languageOf(node, 'multipleOf')];
  const message = `must be an integer from 1 to ${MAX_DIVISOR}, or one of these times a power of ten, got ${JSON.stringify(divisor)}`;
  throw new SchemaError(joinPath(path, 'multipleOf'), `${message}; others cannot be enforced here`);
}
