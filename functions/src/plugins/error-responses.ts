/** Error responses of a route for its OpenAPI description: one per status, with the codes it may carry. */
import { ERRORS, type ErrorCode } from '@preheat/contracts';
import type { TSchema } from 'typebox';
import { ErrorBodySchema } from './error-body-schema.js';

/** Any route under /v1 may answer these. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_request',
  'invalid_api_key',
  'permission_denied',
  'rate_limit_exceeded',
  'internal_error',
  'overloaded',
];
/** And these when it takes a body. */
export const BODY_ERRORS: readonly ErrorCode[] = ['invalid_json', 'body_too_large', 'unsupported_media_type'];

/** The `response` of a route schema: its successes, and every error code it may answer with. */
export function withErrors<S extends Record<number, unknown>>(success: S, ...codes: ErrorCode[]): S {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...ALWAYS, ...codes])) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const errors = [...byStatus].map(([status, listed]) => [status, errorResponse(listed)] as const);
  return { ...success, ...Object.fromEntries(errors) };
}

/** By the codes that it lists: most routes answer with the same few. */
const described = new Map<string, TSchema>();

/** A response object whose `x-error-codes` is proven equal to the error table. */
export function errorResponse(codes: readonly ErrorCode[]): TSchema {
  const key = codes.join();
  const known = described.get(key);
  if (known) return known;
  const description = codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join(' ');
  const schema: TSchema = { ...(ErrorBodySchema as TSchema), description, 'x-error-codes': [...codes] };
  described.set(key, schema);
  return schema;
}
