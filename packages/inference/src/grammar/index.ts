/** Grammars that answers are constrained to. Needs no model runtime. */
export { NoTokenAllowedError } from '../no-token-allowed-error.js';
export { choice, type GrammarNode, literal, sequence } from './byte-grammar.js';
export { anyObject } from './json-grammar.js';
export { jsonSchemaGrammar } from './json-schema-grammar.js';
export { type ConstraintRequest, heldToSchema, modelConstraint } from './model-constraint.js';
export { SchemaError } from './schema-error.js';
export { SchemaReading } from './schema-reading.js';
export type { TokenConstraint } from './token-constraint.js';
export { textOrToolCalls, toolCalls, type ToolCallRules } from './tool-call-grammar.js';
