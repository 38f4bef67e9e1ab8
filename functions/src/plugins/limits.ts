/** Limits that protect the platform: requests a minute from one project, and bytes in one request. */
import rateLimit from '@fastify/rate-limit';
import { ApiError } from '@preheat/contracts';
import type { FastifyInstance } from 'fastify';

export interface Limits {
  /** Requests a minute and project. Counted per process: a function instance counts for itself. */
  readonly requestsPerMinute: number;
  readonly jsonBodyBytes: number;
  readonly fileBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  requestsPerMinute: 6_000,
  jsonBodyBytes: 16 * 1024 * 1024,
  /** OpenAI's documented limit for a file. */
  fileBytes: 512 * 1024 * 1024,
};

/** Registered after authentication, whose project it counts by. */
export async function limitRate(app: FastifyInstance, limits: Limits): Promise<void> {
  await app.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: '1 minute',
    hook: 'onRequest',
    keyGenerator: (request) => request.projectId || request.ip,
    errorResponseBuilder: (_request, context) =>
      new ApiError('rate_limit_exceeded', `More than ${context.max} requests a minute from this project.`, {
        retryAfterSeconds: Math.max(1, Math.ceil(context.ttl / 1000)),
      }),
  });
}
