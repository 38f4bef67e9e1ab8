/**
 * JSON bodies. openai-python sends `content-type: application/json` with nothing after it on every DELETE and on
 * POST …/cancel; Fastify's parser refuses that, so an empty body is read as no body.
 */
import type { FastifyInstance } from 'fastify';

export function parseBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parse(request, body as string, done);
  });
}
