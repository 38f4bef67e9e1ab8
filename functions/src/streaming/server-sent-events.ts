/**
 * Server-sent events as a reply: frames come from a generator that learns through its signal that the client left. A
 * failure after the first byte can no longer be a status, so it is the last frame, in the form official clients throw.
 */
import { Readable } from 'node:stream';
import type { Log } from '@preheat/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { internalError, toApiError } from '../plugins/errors.js';
import { whenGone } from './until-gone.js';

/** Comments keep proxies and clients waiting; every SSE reader skips them. */
export const KEEP_ALIVE_FRAME = ': keep-alive\n\n';
export const DONE_FRAME = 'data: [DONE]\n\n';

export function dataFrame(data: object, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

export interface EventStreamOptions {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly log: Log;
  frames(signal: AbortSignal): AsyncIterable<string>;
}

/** @throws ApiError `rate_limit_exceeded` when as many streams are open as there may be. */
export function sendEventStream({ request, reply, log, frames }: EventStreamOptions): FastifyReply {
  const giveBack = request.server.streamSlots.take(request.projectId);
  const gone = new AbortController();
  whenGone(reply, () => {
    giveBack();
    gone.abort(new ClientGoneError());
  });
  request.leaveAdmission();
  reply.header('content-type', 'text/event-stream; charset=utf-8').header('cache-control', 'no-cache');
  // Proxies must pass every frame on at once.
  reply.header('x-accel-buffering', 'no');
  return reply.send(Readable.from(guarded()));

  async function* guarded(): AsyncGenerator<string> {
    try {
      yield* frames(gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      const known = toApiError(error);
      if (!known) log.error('stream failed', { requestId: request.id, url: request.routeOptions.url, error });
      yield `event: error\n${dataFrame((known ?? internalError(request.id)).toBody())}`;
    }
  }
}

class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}
