/** Aborts when the client hangs up, so that nobody decodes for an empty chair. */
import type { FastifyReply } from 'fastify';

export function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('the client hung up')));
  return gone.signal;
}
