/**
 * Reads a `text/event-stream` body (WHATWG HTML, section 9.2.6) into its messages. Comment lines, which the server sends
 * to keep a connection alive, produce nothing. Leaving the loop early cancels the download.
 */
import { PreheatError } from './errors.js';

export interface ServerSentMessage {
  /** The last id seen on the stream, `''` before the first. */
  readonly id: string;
  /** `message` unless the server named another. */
  readonly event: string;
  readonly data: string;
}

/** A server that never ends a line would otherwise fill the memory. */
const MAX_BUFFERED_CHARACTERS = 16 * 1024 * 1024;

/**
 * Messages in order. Throws what the body throws when the connection breaks, and `timeout` when nothing, not even a comment,
 * comes for `idleTimeoutMs`; without it the wait is endless.
 */
export async function* serverSentMessages(
  response: Response,
  idleTimeoutMs?: number,
): AsyncGenerator<ServerSentMessage> {
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const line of lines(response, idleTimeoutMs)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

async function* lines(response: Response, idleTimeoutMs?: number): AsyncGenerator<string> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await within(idleTimeoutMs, reader.read());
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      // A carriage return at the end may be half of a CRLF: it waits for what follows.
      const held = !done && rest.endsWith('\r') ? '\r' : '';
      const parts = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/);
      rest = (parts.pop() ?? '') + held;
      yield* parts;
      if (done) return;
      if (rest.length > MAX_BUFFERED_CHARACTERS) {
        throw new PreheatError('the server sent an event of more than 16 MiB', { status: null, code: 'stream_error' });
      }
    }
  } finally {
    await reader.cancel().catch(ignoreClosed);
  }
}

/** Cancelling a body that has already failed repeats that failure, which the loop above has thrown. */
function ignoreClosed(): undefined {
  return undefined;
}

/** Rejects when `reading` takes longer than `idleTimeoutMs`. */
async function within<T>(idleTimeoutMs: number | undefined, reading: Promise<T>): Promise<T> {
  if (idleTimeoutMs === undefined) return reading;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    const message = `the server was silent for ${idleTimeoutMs} ms`;
    timer = setTimeout(() => reject(new PreheatError(message, { status: null, code: 'timeout' })), idleTimeoutMs);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}
