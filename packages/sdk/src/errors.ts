/**
 * The one error class of this client. It carries what the server's `{error:{message,type,param,code}}` said, or, when no
 * answer arrived, a `null` status and a code of our own, so a caller can always switch on `status` and `code`.
 */
export interface PreheatErrorDetails {
  /** HTTP status; null when no answer arrived. */
  readonly status: number | null;
  /** The server's error code, or `connection_error`, `timeout`, `invalid_response`, `stream_error`, `store_error`, `invalid_signature`. */
  readonly code: string | null;
  /** Dotted path of the request field at fault. */
  readonly param?: string | null;
  readonly type?: string | null;
  /** `x-request-id` of the answer, for the operator's logs. */
  readonly requestId?: string | null;
  readonly cause?: unknown;
}

export class PreheatError extends Error {
  override readonly name = 'PreheatError';
  readonly status: number | null;
  readonly code: string | null;
  readonly param: string | null;
  readonly type: string | null;
  readonly requestId: string | null;

  constructor(message: string, details: PreheatErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.code = details.code;
    this.param = details.param ?? null;
    this.type = details.type ?? null;
    this.requestId = details.requestId ?? null;
  }
}

/** Builds the error of a non-2xx answer; `body` is its text, which need not be JSON (a proxy may have answered). */
export function errorFromResponse(response: Response, body: string): PreheatError {
  const wire = wireError(body);
  const fallback = body.trim().slice(0, MAX_QUOTED_CHARACTERS) || response.statusText || 'no message';
  return new PreheatError(wire?.message ?? `HTTP ${response.status}: ${fallback}`, {
    status: response.status,
    code: wire?.code ?? null,
    param: wire?.param ?? null,
    type: wire?.type ?? null,
    requestId: response.headers.get('x-request-id'),
  });
}

const MAX_QUOTED_CHARACTERS = 300;

export interface WireError {
  message: string;
  type: string | null;
  param: string | null;
  code: string | null;
}

/** The `error` object of a body or of a streamed message, or undefined when there is none. */
export function wireError(body: string): WireError | undefined {
  const error = parsedOrUndefined(body)?.['error'];
  if (typeof error !== 'object' || error === null) return undefined;
  const { message, type, param, code } = error as Record<string, unknown>;
  return {
    message: typeof message === 'string' ? message : JSON.stringify(error),
    type: textOrNull(type),
    param: textOrNull(param),
    code: textOrNull(code),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function parsedOrUndefined(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // Not JSON: the caller quotes the text instead.
  }
}
