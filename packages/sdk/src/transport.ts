/**
 * One request, its retries and its errors. Every call of the client passes here, so headers, time-outs, retry rules and
 * error shapes are the same everywhere. The time-out covers one attempt up to the end of what `read` reads.
 */
import { errorFromResponse, PreheatError } from './errors.js';
import { encodeQuery, type Query } from './query.js';
import { retryDelayMs, shouldRetry } from './retry.js';

export interface RequestOptions {
  /** Aborts the call, waits between attempts included. */
  readonly signal?: AbortSignal | undefined;
  /** Attempts after the first. */
  readonly maxRetries?: number | undefined;
  readonly timeoutMs?: number | undefined;
  /** Goes on although the client's own signal has fired: what cleans up. */
  readonly outlivesClient?: boolean | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the base URL, percent-encoded, with a leading slash. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: FormData | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TransportSettings {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly fetch: typeof fetch;
  readonly maxRetries: number;
  readonly timeoutMs: number;
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly nowMs: () => number;
  /** Aborts every call. */
  readonly signal?: AbortSignal | undefined;
}

type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: PreheatError; readonly retry: boolean; readonly headers?: Headers };

export class Transport {
  readonly settings: TransportSettings;

  constructor(settings: TransportSettings) {
    this.settings = settings;
  }

  /** The parsed JSON answer. Throws `PreheatError`, or the signal's reason when aborted. */
  json<T>(request: WireRequest, options: RequestOptions = {}): Promise<T> {
    return this.send(request, options, async (response) => parseJson<T>(response, await response.text()));
  }

  /** The answer with its body unread, for downloads and streams; the time-out then ends with the headers. */
  response(request: WireRequest, options: RequestOptions = {}): Promise<Response> {
    return this.send(request, options, (response) => Promise.resolve(response));
  }

  private async send<T>(request: WireRequest, given: RequestOptions, read: (r: Response) => Promise<T>): Promise<T> {
    const options = { ...given, signal: this.signalOf(given) };
    const maxRetries = options.maxRetries ?? this.settings.maxRetries;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.attempt(request, options, attempt, read);
      if (outcome.ok) return outcome.value;
      if (!outcome.retry || attempt >= maxRetries) throw outcome.error;
      const { sleep, random, nowMs } = this.settings;
      await sleep(retryDelayMs(attempt, outcome.headers, random(), nowMs()), options.signal);
    }
  }

  private signalOf({ signal, outlivesClient = false }: RequestOptions): AbortSignal | undefined {
    const signals = [signal, outlivesClient ? undefined : this.settings.signal].filter((each) => each !== undefined);
    return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  }

  private async attempt<T>(
    request: WireRequest,
    options: RequestOptions,
    attempt: number,
    read: (response: Response) => Promise<T>,
  ): Promise<Attempt<T>> {
    options.signal?.throwIfAborted();
    const timeoutMs = options.timeoutMs ?? this.settings.timeoutMs;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout.signal]) : timeout.signal;
    try {
      const url = this.settings.baseURL + request.path + encodeQuery(request.query ?? {});
      const { fetch } = this.settings;
      const response = await fetch(url, { ...this.init(request, options, attempt), signal });
      if (response.ok) return { ok: true, value: await read(response) };
      const error = errorFromResponse(response, await response.text());
      return { ok: false, error, retry: shouldRetry(response), headers: response.headers };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof PreheatError) throw error;
      return {
        ok: false,
        error: noAnswer(error, timeout.signal.aborted, timeoutMs, this.settings.baseURL),
        retry: true,
      };
    } finally {
      clearTimeout(timer);
    }
  }

  private init(request: WireRequest, options: RequestOptions, attempt: number): RequestInit {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.settings.apiKey}`,
      accept: 'application/json',
      'x-stainless-retry-count': String(attempt),
      ...request.headers,
      ...options.headers,
    };
    if (request.body === undefined) return { method: request.method, headers };
    if (request.body instanceof FormData) return { method: request.method, headers, body: request.body };
    return {
      method: request.method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(request.body),
    };
  }
}

function noAnswer(cause: unknown, timedOut: boolean, timeoutMs: number, baseURL: string): PreheatError {
  if (timedOut) return new PreheatError(`no answer within ${timeoutMs} ms`, { status: null, code: 'timeout', cause });
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
  return new PreheatError(`cannot reach ${baseURL}: ${inner}`, { status: null, code: 'connection_error', cause });
}

function parseJson<T>(response: Response, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const requestId = response.headers.get('x-request-id');
    const message = `the server answered ${response.status} with something that is not JSON; is the base URL right?`;
    throw new PreheatError(message, { status: response.status, code: 'invalid_response', requestId, cause });
  }
}
