/**
 * For this package's tests only: a real HTTP server on loopback that keeps every request it gets and answers from a
 * script. The client under test cannot tell it from the platform.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Preheat } from './client.js';

export interface RecordedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (request: RecordedRequest, response: ServerResponse) => void;

export class RecordingServer {
  readonly requests: RecordedRequest[] = [];
  /** Durations that the client asked to wait; it does not really wait. */
  readonly sleeps: number[] = [];
  readonly #answers: Answer[] = [];
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  static async start(): Promise<RecordingServer> {
    const server = new RecordingServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Answers in the order of the requests; one too many is a 500 that names the request. */
  script(...answers: Answer[]): void {
    this.#answers.push(...answers);
  }

  get baseURL(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** A client of this server whose waits are recorded, and pass at once on its clock, and whose jitter is zero. */
  client(options: { maxRetries?: number; timeoutMs?: number; signal?: AbortSignal } = {}): Preheat {
    const sleep = (durationMs: number): Promise<void> => {
      this.sleeps.push(durationMs);
      return Promise.resolve();
    };
    const nowMs = (): number => this.sleeps.reduce((sum, durationMs) => sum + durationMs, 0);
    return new Preheat({ apiKey: 'key-1', baseURL: this.baseURL, sleep, random: () => 0, nowMs, ...options });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const recorded = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    this.requests.push(recorded);
    const answer = this.#answers.shift() ?? json(500, { error: { message: `unscripted: ${recorded.url}` } });
    answer(recorded, response);
  }
}

export function json(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_1', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Sends `text` as an event stream, then ends it or, with `cut`, breaks the connection. */
export function eventStream(text: string, { cut = false }: { cut?: boolean } = {}): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => (cut ? response.destroy() : response.end()));
  };
}

/** Closes the connection without an answer. */
export const hangUp: Answer = (_request, response) => void response.destroy();

/** Never answers. */
export const silence: Answer = () => undefined;
