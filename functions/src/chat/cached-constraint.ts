/** What decoding is constrained to, made once for a model and what was asked. */
import { ApiError, endTokenIds } from '@preheat/contracts';
import { type GrammarNode, NoTokenAllowedError, SortedTokens, TokenConstraint } from '@preheat/inference/grammar';
import type { ModelDescription } from '@preheat/inference/model-registry';
import type { Tokenizer } from '@preheat/tokenizer';

/** Constraints kept for a model, each with the tokens that were found to be allowed wherever an answer has been. */
const MAX_CONSTRAINTS = 32;

export interface ConstraintRequest {
  /** The field of the request that constrains its answers: what errors name. */
  readonly by: string;
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

/** @throws ApiError where the model has no token to begin with, and what `grammar` throws. */
export function cachedConstraint(model: ModelDescription, request: ConstraintRequest): TokenConstraint {
  const { by, key, grammar, written = [] } = request;
  const known: Known = knownByTokenizer.get(model.tokenizer) ?? { tokens: new Map(), constraints: new Map() };
  knownByTokenizer.set(model.tokenizer, known);
  const { constraints } = known;
  const constraint =
    constraints.get(key) ?? new TokenConstraint(grammar(), tokensOf(model, known, written), endTokenIds(model.config));
  // The latest last: the first is the one to forget.
  constraints.delete(key);
  constraints.set(key, constraint);
  const [oldest] = constraints.keys();
  if (constraints.size > MAX_CONSTRAINTS && oldest !== undefined) constraints.delete(oldest);
  if (!constraint.start.allowed.includes(1)) refuseUnwritable(new NoTokenAllowedError(0), by);
  return constraint;
}

/** @throws ApiError where an answer could not go on, else the error itself. */
export function refuseUnwritable(error: unknown, by = 'response_format'): never {
  if (!(error instanceof NoTokenAllowedError)) throw error;
  const what = by.endsWith('tools') ? 'a call of these tools' : 'an answer of this format';
  const message = `The model's vocabulary cannot write ${what}: ${error.message}.`;
  throw new ApiError('invalid_request', message, { param: by });
}

function tokensOf(
  { tokenizer, config }: ModelDescription,
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
