/** The chunks of a streamed completion, up to `[DONE]`. An error sent mid-stream is thrown as `PreheatError`. */
import { PreheatError, wireError } from './errors.js';
import { serverSentMessages } from './server-sent-events.js';

/** Throws `stream_error` when the stream ends without `[DONE]`: what came before it may be cut short. */
export async function* streamedChunks<Chunk>(response: Response): AsyncGenerator<Chunk> {
  const requestId = response.headers.get('x-request-id');
  for await (const { data } of serverSentMessages(response)) {
    if (data === '[DONE]') return;
    const error = wireError(data);
    if (error) throw new PreheatError(error.message, { ...error, status: response.status, requestId });
    yield JSON.parse(data) as Chunk;
  }
  const message = 'the stream ended before [DONE]; the answer may be incomplete';
  throw new PreheatError(message, { status: response.status, code: 'stream_error', requestId });
}
