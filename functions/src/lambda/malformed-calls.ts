/** Refuses whatever it is asked: answers for calls of a function that are no HTTP request, which no app can be handed. */
import { ApiError } from '@preheat/contracts';
import Fastify, { type FastifyInstance } from 'fastify';
import type { ApiContext } from '../api-context.js';
import { replyWithError } from '../plugins/errors.js';
import { sendRequestId } from '../plugins/request-id.js';

export function malformedCalls({ deps }: ApiContext): FastifyInstance {
  const app = Fastify({ genReqId: () => deps.ids.next('req_') });
  sendRequestId(app);
  app.setNotFoundHandler((_request, reply) =>
    replyWithError(reply, new ApiError('invalid_request', 'This is no HTTP request: its method or its path is none.')),
  );
  return app;
}
