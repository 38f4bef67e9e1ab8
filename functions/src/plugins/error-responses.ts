/** Error responses of a route for its OpenAPI description: one per status, with the codes it may carry. */
import { ERRORS, type ErrorCode } from '@preheat/contracts';
import Type, { type TSchema } from 'typebox';
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

/** A response object whose `x-error-codes` is proven equal to the error table. */
export function errorResponse(codes: readonly ErrorCode[]) {
  const titles = codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`);
  return Type.Unsafe<never>({
    ...(ErrorBodySchema as TSchema),
    description: titles.join(' '),
    'x-error-codes': [...codes],
  });
}
