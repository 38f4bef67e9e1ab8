/** Strings of a schema: of a length, in which a pattern is found, of a format. */
import { automatonGrammar, type AutomatonWork, type KnownState } from './automaton.js';
import { type GrammarNode, literal, repeat, sequence, symbol } from './byte-grammar.js';
import { commonAutomaton, type Language, languageOf } from './common-automaton.js';
import { jsonCharacter } from './json-characters.js';
import { stringOf } from './json-grammar.js';
import { PatternError, readPattern } from './read-pattern.js';
import { countBounds, joinPath, type Schema, SchemaError } from './schema-error.js';
import { FORMATS, formatAutomaton } from './string-formats.js';
import { CHARACTERS } from './symbol-ranges.js';

export const STRING_KEYWORDS = ['pattern', 'format', 'minLength', 'maxLength'];

/** @throws SchemaError naming the keyword. */
export function stringGrammar(schema: Schema, path: string, work: AutomatonWork): GrammarNode {
  const [min, max] = countBounds(schema, path, 'minLength', 'maxLength');
  const format = formatOf(schema, path);
  const languages = [...patternOf(schema, path), ...(format ? [format] : [])];
  if (languages.length === 0) return stringOf(min, max);
  if ('minLength' in schema || 'maxLength' in schema) {
    const keyword = 'minLength' in schema ? 'minLength' : 'maxLength';
    languages.push(languageOf(repeat(symbol(...CHARACTERS), min, max), keyword));
  }
  // A format alone has no state too many, and some have tens of thousands.
  const automaton =
    format && languages.length === 1 ? format.automaton : commonAutomaton(languages, schema, path, work);
  return sequence(literal('"'), automatonGrammar(automaton, jsonCharacter, literal('"')));
}

function patternOf(schema: Schema, path: string): Language[] {
  const { pattern } = schema;
  if (pattern === undefined) return [];
  const at = joinPath(path, 'pattern');
  if (typeof pattern !== 'string') throw new SchemaError(at, 'must be a regular expression in a string');
  try {
    return [languageOf(readPattern(pattern), 'pattern')];
  } catch (error) {
    if (error instanceof PatternError) throw new SchemaError(at, error.message);
    throw error;
  }
}

function formatOf(schema: Schema, path: string): (Language & { readonly automaton: KnownState }) | null {
  const { format } = schema;
  if (format === undefined) return null;
  if (typeof format === 'string' && FORMATS.includes(format)) {
    return { keyword: 'format', automaton: formatAutomaton(format) };
  }
  const message = `must be one of ${FORMATS.join(', ')}, got ${JSON.stringify(format)}; others cannot be enforced here`;
  throw new SchemaError(joinPath(path, 'format'), message);
}
