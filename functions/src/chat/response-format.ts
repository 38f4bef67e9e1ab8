/** The response format of a request as what decoding is constrained to, made once for a model and a format. */
import { ApiError, endTokenIds, type ResponseFormat } from '@preheat/contracts';
import {
  anyObject,
  jsonSchemaGrammar,
  NoTokenAllowedError,
  SchemaError,
  SortedTokens,
  TokenConstraint,
} from '@preheat/inference/grammar';
import type { ModelDescription } from '@preheat/inference/model-registry';
import type { Tokenizer } from '@preheat/tokenizer';

const PARAM = 'response_format';
/** Formats kept for a model, each with the tokens that were found to be allowed wherever an answer has been. */
const MAX_FORMATS = 32;

interface Known {
  readonly tokens: SortedTokens;
  readonly constraints: Map<string, TokenConstraint>;
}

const knownByTokenizer = new WeakMap<Tokenizer, Known>();

/** @throws ApiError for a schema that decoding cannot be held to, or that the model has no tokens to write. */
export function responseConstraint(
  model: ModelDescription,
  format: ResponseFormat | null | undefined,
): { readonly constraint?: TokenConstraint } {
  if (!format || format.type === 'text') return {};
  const { tokens, constraints } = knownOf(model);
  const key = JSON.stringify(format.type === 'json_schema' ? (format.json_schema.schema ?? {}) : null);
  const constraint = constraints.get(key) ?? new TokenConstraint(grammarOf(format), tokens, endTokenIds(model.config));
  // The latest last: the first is the one to forget.
  constraints.delete(key);
  constraints.set(key, constraint);
  const [oldest] = constraints.keys();
  if (constraints.size > MAX_FORMATS && oldest !== undefined) constraints.delete(oldest);
  if (!constraint.start.allowed.includes(1)) refuseFormat(new NoTokenAllowedError(0));
  return { constraint };
}

/** @throws ApiError where an answer could not go on, else the error itself. */
export function refuseFormat(error: unknown): never {
  if (!(error instanceof NoTokenAllowedError)) throw error;
  const message = `The model's vocabulary cannot write an answer of this format: ${error.message}.`;
  throw new ApiError('invalid_request', message, { param: PARAM });
}

function knownOf({ tokenizer, config }: ModelDescription): Known {
  let known = knownByTokenizer.get(tokenizer);
  if (!known) {
    const bytes = Array.from({ length: config.vocab_size }, (_, id) => tokenizer.tokenBytes(id));
    known = { tokens: new SortedTokens(bytes), constraints: new Map() };
    knownByTokenizer.set(tokenizer, known);
  }
  return known;
}

function grammarOf(format: Exclude<ResponseFormat, { type: 'text' }>) {
  if (format.type === 'json_object') return anyObject;
  try {
    return jsonSchemaGrammar(format.json_schema.schema ?? {});
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const param = ['response_format.json_schema.schema', error.path].filter((part) => part !== '').join('.');
    throw new ApiError('invalid_request', `'${param}': ${error.message}.`, { param });
  }
}
