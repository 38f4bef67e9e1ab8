/** `x-request-id` on every response, errors and streams included: official clients show it, and logs are searched by it. */
import type { FastifyInstance } from 'fastify';

export function sendRequestId(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
}
