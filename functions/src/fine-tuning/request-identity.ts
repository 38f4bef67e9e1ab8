/**
 * Recognises a repeated create. A caller may send `Idempotency-Key`; official clients send none, but say that they are
 * retrying, and then the body is compared.
 */
import { createHash } from 'node:crypto';
import { ApiError } from '@preheat/contracts';
import type { RequestIdentity } from '@preheat/jobs';
import type { FastifyRequest } from 'fastify';

const MAX_KEY_LENGTH = 255;

/**
 * @param scope What beside the body says what is created: the same body, and the same key, are other requests in another scope.
 * @throws ApiError `invalid_request` for a key of the wrong length.
 */
export function requestIdentity({ headers, body, projectId }: FastifyRequest, scope = ''): RequestIdentity {
  const key = headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || key.length === 0 || key.length > MAX_KEY_LENGTH)) {
    throw new ApiError('invalid_request', `\`Idempotency-Key\` takes 1 to ${MAX_KEY_LENGTH} characters.`);
  }
  return {
    projectId,
    keyDigest: key === undefined ? null : hex(scope + key),
    bodyDigest: hex(scope + canonical(body)),
    isRetry: Number(headers['x-stainless-retry-count'] ?? 0) > 0,
  };
}

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The same text for the same JSON value: a proxy or a client may reorder keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
