/** Grammars of schemas beside validators of the same. */
import { Check } from 'typebox/schema';
import { Grammar } from '../grammar/grammar-state.js';
import { jsonSchemaGrammar } from '../grammar/json-schema-grammar.js';
import { SchemaError } from '../grammar/schema-error.js';

/** @throws SchemaError. */
export const grammarOf = (schema: unknown): Grammar => new Grammar(jsonSchemaGrammar(schema));
/** Whether this is a whole text of the grammar. */
export const takes = (grammar: Grammar, text: string) =>
  grammar.start.walk(new TextEncoder().encode(text))?.isAccepting === true;
/** As a validator says. */
export const isDocument = (schema: object, value: unknown): boolean => Check(schema, value);

/** Null for a schema that nothing fulfils. */
export function satisfiable(schema: unknown): Grammar | null | 'too large' {
  try {
    return grammarOf(schema);
  } catch (error) {
    if (error instanceof SchemaError && error.message.includes('nothing fulfils')) return null;
    if (error instanceof SchemaError && error.message.includes('too large')) return 'too large';
    throw error;
  }
}

/** What is wrong with a schema. */
export function refusal(schema: unknown): SchemaError {
  try {
    jsonSchemaGrammar(schema);
  } catch (error) {
    if (error instanceof SchemaError) return error;
    throw error;
  }
  throw new Error('the schema was taken');
}
