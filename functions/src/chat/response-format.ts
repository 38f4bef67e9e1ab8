/** The response format of a request as what decoding is constrained to. */
import { ApiError, type ResponseFormat } from '@preheat/contracts';
import {
  anyObject,
  type GrammarNode,
  jsonSchemaGrammar,
  SchemaError,
  SchemaReading,
  type TokenConstraint,
} from '@preheat/inference/grammar';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { cachedConstraint } from './cached-constraint.js';

export type ConstrainingFormat = Exclude<ResponseFormat, { type: 'text' }>;

/** Where a request has what constrains its answers: what errors name. */
export interface ConstrainingFields {
  readonly tools: string;
  readonly format: string;
  readonly schema: string;
}

export const CHAT_FIELDS: ConstrainingFields = {
  tools: 'tools',
  format: 'response_format',
  schema: 'response_format.json_schema.schema',
};

/** Null for any text. */
export function constrainingFormat(format: ResponseFormat | null | undefined): ConstrainingFormat | null {
  return !format || format.type === 'text' ? null : format;
}

/** @throws ApiError for a schema that decoding cannot be held to, or that the model has no tokens to write. */
export function responseConstraint(
  model: ModelDescription,
  format: ResponseFormat | null | undefined,
  fields = CHAT_FIELDS,
): { readonly constraint?: TokenConstraint } {
  const constraining = constrainingFormat(format);
  if (!constraining) return {};
  const grammar = () => formatGrammar(constraining, fields, new SchemaReading());
  return { constraint: cachedConstraint(model, { by: fields.format, key: formatKey(constraining), grammar }) };
}

/** Equal for formats that allow the same. */
export const formatKey = (format: ConstrainingFormat): string =>
  JSON.stringify(format.type === 'json_schema' ? (format.json_schema.schema ?? {}) : null);

/** @param reading Of all schemas of the request. @throws ApiError naming the keyword. */
export function formatGrammar(
  format: ConstrainingFormat,
  fields: ConstrainingFields,
  reading: SchemaReading,
): GrammarNode {
  if (format.type === 'json_object') return anyObject;
  return schemaGrammar(format.json_schema.schema ?? {}, fields.schema, reading);
}

/**
 * @param path Where the request has it.
 * @param reading Of all schemas of the request.
 * @throws ApiError for a schema that decoding cannot be held to.
 */
export function schemaGrammar(schema: unknown, path: string, reading: SchemaReading): GrammarNode {
  try {
    return jsonSchemaGrammar(schema, reading);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const param = [path, error.path].filter((part) => part !== '').join('.');
    throw new ApiError('invalid_request', `'${param}': ${error.message}.`, { param });
  }
}
