/**
 * JSON bodies. openai-python sends `content-type: application/json` with nothing after it on every DELETE and on
 * POST …/cancel; Fastify's parser refuses that, so an empty body is read as no body. Bombs are refused before they are parsed,
 * and so is a key that would reach a prototype.
 */
import { ApiError, jsonExcess } from '@preheat/contracts';
import type { FastifyInstance } from 'fastify';

export function parseBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    const body = text as string;
    if (body.length === 0) return done(null, undefined);
    const excess = jsonExcess(body);
    if (excess !== null) return done(new ApiError('invalid_json', `The JSON of the body ${excess}.`));
    return void parse(request, body, done);
  });
}
