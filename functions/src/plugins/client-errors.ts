/** Answers what is no request at all, or never becomes one: headers without end, a body that does not come, other noise. */
import { ApiError, type ErrorCode } from '@preheat/contracts';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** A request must be there in full by then: half a gibibyte at 300 kB/s. Longer uploads come in parts. */
export const REQUEST_TIMEOUT_MS = 1_800_000;

const KNOWN: Readonly<Record<string, { code: ErrorCode; message: string }>> = {
  HPE_HEADER_OVERFLOW: { code: 'headers_too_large', message: 'The headers exceed 16 KiB.' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request_timeout', message: 'The request did not arrive in time.' },
};

/** Node's `clientError`; the connection ends with the answer. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { code, message } = KNOWN[error.code ?? ''] ?? { code: 'invalid_request', message: 'This is no HTTP request.' };
  const refusal = new ApiError(code, message);
  const body = JSON.stringify(refusal.toBody());
  const { status } = refusal.rule;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}
