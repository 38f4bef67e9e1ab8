/**
 * Fastify's validation, done with the schemas' own checker: bodies are taken as they are (no coercion, nothing removed),
 * query strings have their numbers and booleans converted, and a failure is one precise `ApiError`.
 */
import { ApiError, check, type Problem } from '@preheat/contracts';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Convert } from 'typebox/value';
import { explain } from './explain.js';

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  return (input: unknown) => {
    const value = httpPart === 'querystring' ? Convert(schema, input) : input;
    return check(schema, value).ok ? { value } : { error: toApiError(schema, value, httpPart) };
  };
};

function toApiError(schema: TSchema, value: unknown, httpPart: string | undefined): ApiError {
  if (httpPart === 'body' && value === null) return new ApiError('invalid_request', 'The request needs a JSON body.');
  return invalidRequest(explain(schema, value) ?? { path: '', message: 'does not fit its schema' }, httpPart);
}

/** The wire error for a problem found by a schema. */
export function invalidRequest(problem: Problem, what = 'body'): ApiError {
  const subject = problem.path === '' ? `The ${what}` : `'${problem.path}'`;
  const param = problem.path === '' ? null : problem.path;
  return new ApiError('invalid_request', `Invalid request: ${subject} ${problem.message}.`, { param });
}
