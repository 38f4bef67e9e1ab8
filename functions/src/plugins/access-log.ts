/** One log line a request, after its answer: the route (never the URL, which may carry user data), status and time. */
import type { Log } from '@preheat/ports';
import type { FastifyInstance } from 'fastify';

export function logAccess(app: FastifyInstance, log: Log): void {
  app.addHook('onResponse', async (request, reply) => {
    const retries = request.headers['x-stainless-retry-count'];
    log.debug('request', {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      elapsedMs: Math.round(reply.elapsedTime),
      ...(retries === undefined || retries === '0' ? {} : { clientRetries: retries }),
    });
  });
}
