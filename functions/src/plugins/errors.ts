/**
 * Every failure leaves as OpenAI's error body with all four keys. Expected failures are `ApiError`s; the framework's own
 * are translated here; anything else is logged in full and answered without a detail.
 */
import { ApiError } from '@preheat/contracts';
import type { Log } from '@preheat/ports';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const PASSING_ERRORS = new Set(['UnknownOutcomeError', 'LockTimeoutError', 'DecodingThreadError']);
const RETRY_AFTER_SECONDS = 2;

/** Answers `error` on the wire, with `retry-after` where a retry makes sense. */
export function replyWithError(reply: FastifyReply, error: ApiError): FastifyReply {
  // Official clients would send these again twice.
  const { retryable, status } = error.rule;
  if (!retryable && (status === 409 || status >= 500)) reply.header('x-should-retry', 'false');
  if (error.retryAfterSeconds !== null) reply.header('retry-after', String(error.retryAfterSeconds));
  return reply
    .code(error.rule.status)
    .header('content-type', 'application/json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(error.toBody());
}

export function handleErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: unknown, request, reply) => {
    const known = toApiError(error);
    if (known) return replyWithError(reply, known);
    if (isPassing(error)) {
      log.warn('request failed for now', { requestId: request.id, path: pathOf(request), error });
      const message = `The platform cannot answer right now. Try again; if it stays, report request ${request.id}.`;
      return replyWithError(reply, new ApiError('overloaded', message, { retryAfterSeconds: RETRY_AFTER_SECONDS }));
    }
    log.error('request failed', { requestId: request.id, method: request.method, path: pathOf(request), error });
    return replyWithError(reply, internalError(request.id));
  });
}

/**
 * Failures that the next try need not meet: an answer of the store that was lost, a lock held by a slow process, a decoding
 * thread that died. By name, because some of their classes live in runtimes that the API must start without.
 */
function isPassing(error: unknown): boolean {
  return error instanceof Error && PASSING_ERRORS.has(error.name);
}

/** A stored model is not what was written. By name as well. */
function isDamage(error: unknown): error is Error {
  return error instanceof Error && error.name === 'BundleError' && 'damage' in error && error.damage !== null;
}

/** For failures before routing, such as a malformed URL, which never reach the error handler. */
export function frameworkErrors(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
  replyWithError(reply, toApiError(error) ?? new ApiError('invalid_request', 'The URL is malformed.'));
}

/** Without the query, which is the caller's. */
const pathOf = ({ url }: FastifyRequest): string => url.split('?')[0] ?? '';

export function internalError(requestId: string): ApiError {
  return new ApiError(
    'internal_error',
    `The platform failed to answer. Retry; if it stays, report request ${requestId}.`,
  );
}

/** The wire form of an expected failure; undefined for a bug. */
export function toApiError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (isDamage(error)) return new ApiError('model_damaged', `${error.message}.`, { param: 'model' });
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY') {
    return new ApiError('invalid_json', 'The body is not valid JSON, although its content type says so.');
  }
  if (statusCode === 413) return new ApiError('body_too_large', 'The request body exceeds the limit in force.');
  if (statusCode === 415 || code === 'FST_INVALID_MULTIPART_CONTENT_TYPE') {
    return new ApiError('unsupported_media_type', `${message ?? 'Unsupported media type'}.`);
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ApiError('invalid_request', `${message ?? 'The request is malformed'}.`);
  }
  return undefined;
}
