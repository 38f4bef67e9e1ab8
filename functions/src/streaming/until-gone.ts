/** Aborts when the client hangs up, so that nobody decodes for an empty chair. */
import type { FastifyReply } from 'fastify';

/** Calls `gone` once the connection of the answer is closed; at once where it was closed before anybody listened. */
export function whenGone({ raw }: Pick<FastifyReply, 'raw'>, gone: () => void): void {
  if (raw.closed || raw.destroyed) gone();
  else raw.once('close', gone);
}

export function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenGone(reply, () => gone.abort(new Error('the client hung up')));
  return gone.signal;
}
