/** What a model's answers are constrained to, made once for a model and a grammar: what is allowed where is found while answering. */
import { type DecoderConfig, endTokenIds } from '@preheat/contracts';
import type { Tokenizer } from '@preheat/tokenizer';
import type { GenerateOptions } from '../generation-types.js';
import { NoTokenAllowedError } from '../no-token-allowed-error.js';
import type { GrammarNode } from './byte-grammar.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';
import { SortedTokens, TokenConstraint } from './token-constraint.js';

/** Constraints kept for a model. */
const MAX_CONSTRAINTS = 32;
/** Places of a constraint that is still given out: one that has seen more is made anew, and ends with its rows. */
const MAX_PLACES = 4096;

export interface ConstrainedModel {
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
}

export interface ConstraintRequest {
  /** Equal for equal grammars. */
  readonly key: string;
  readonly grammar: () => GrammarNode;
  /** Control tokens that are part of the text. */
  readonly written?: readonly number[];
}

interface Known {
  readonly tokens: Map<string, SortedTokens>;
  readonly constraints: Map<string, TokenConstraint>;
}

const knownByTokenizer = new WeakMap<Tokenizer, Known>();

/** @throws NoTokenAllowedError where the model has no token to begin with, and what `grammar` throws. */
export function modelConstraint(model: ConstrainedModel, request: ConstraintRequest): TokenConstraint {
  const { key, grammar, written = [] } = request;
  const known: Known = knownByTokenizer.get(model.tokenizer) ?? { tokens: new Map(), constraints: new Map() };
  knownByTokenizer.set(model.tokenizer, known);
  const { constraints } = known;
  const before = constraints.get(key);
  const constraint =
    before && before.placeCount <= MAX_PLACES
      ? before
      : new TokenConstraint(grammar(), tokensOf(model, known, written), endTokenIds(model.config));
  // The latest last: the first is the one to forget.
  constraints.delete(key);
  constraints.set(key, constraint);
  const [oldest] = constraints.keys();
  if (constraints.size > MAX_CONSTRAINTS && oldest !== undefined) constraints.delete(oldest);
  if (!constraint.start.allowed.includes(1)) throw new NoTokenAllowedError(0);
  return constraint;
}

/**
 * Answers held to documents of a JSON schema, for who would rather have answers of any form than none: asked for once more, and held to
 * nothing, where the model's vocabulary cannot write one or cannot go on with it. @throws SchemaError for a schema that cannot be kept.
 */
export async function heldToSchema<T>(
  model: ConstrainedModel,
  schema: unknown,
  generate: (held: Pick<GenerateOptions, 'constraint'>) => Promise<T>,
): Promise<T> {
  try {
    const grammar = () => jsonSchemaGrammar(schema);
    return await generate({ constraint: modelConstraint(model, { key: `schema ${JSON.stringify(schema)}`, grammar }) });
  } catch (error) {
    if (error instanceof NoTokenAllowedError) return generate({});
    throw error;
  }
}

function tokensOf(
  { tokenizer, config }: ConstrainedModel,
  { tokens }: Known,
  written: readonly number[],
): SortedTokens {
  const key = written.join();
  let sorted = tokens.get(key);
  if (!sorted) {
    const text = (id: number) => (written.includes(id) ? new TextEncoder().encode(tokenizer.idToToken(id)) : null);
    const bytes = Array.from({ length: config.vocab_size }, (_, id) => tokenizer.tokenBytes(id) ?? text(id));
    sorted = new SortedTokens(bytes);
    tokens.set(key, sorted);
  }
  return sorted;
}
