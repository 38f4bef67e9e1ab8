/**
 * Stands between a client and the platform, passes every byte on and remembers the exchange. It can also answer in the
 * platform's stead, for what a healthy platform never says: too busy, try again.
 */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Exchange } from './wire/check-exchange.js';

export interface Interruption {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How many requests are answered so. */
  times: number;
}

/** Where a client of another process asks to be interrupted; no path of the wire. */
const INTERRUPT = '/interrupt';
const MAX_KEPT_BYTES = 1_000_000;

export class RecordingProxy {
  readonly exchanges: Exchange[] = [];
  /** `X-Stainless-Retry-Count` of every request, in order. */
  readonly retryCounts: string[] = [];
  #interruption: Interruption | undefined;
  readonly #server: Server;
  readonly #target: URL;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((request, response) => void this.#pass(request, response));
  }

  static async start(target: string): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(new URL(target));
    await new Promise<void>((listening) => proxy.#server.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  get baseURL(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** Answers the next requests itself. */
  interrupt(interruption: Interruption): void {
    this.#interruption = interruption;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((closed) => this.#server.close(() => closed()));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === INTERRUPT) {
      const told = collected(request);
      request.on('end', () => {
        this.interrupt(JSON.parse(Buffer.concat(told).toString()) as Interruption);
        response.writeHead(204).end();
      });
      return;
    }
    this.retryCounts.push(String(request.headers['x-stainless-retry-count'] ?? ''));
    const interruption = this.#interruption;
    if (interruption && interruption.times > 0) {
      interruption.times--;
      request.resume();
      response.writeHead(interruption.status, interruption.headers).end(interruption.body ?? '{"error":{}}');
      return;
    }
    const { hostname, port } = this.#target;
    const { method = 'GET', url = '/', headers } = request;
    const outgoing = httpRequest({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      const body = collected(answer);
      answer.pipe(response);
      answer.on('end', () => this.#remember(request, sent, answer, body));
    });
    outgoing.on('error', () => response.destroy());
    const sent = collected(request);
    request.pipe(outgoing);
  }

  #remember(request: IncomingMessage, sent: Buffer[], answer: IncomingMessage, body: Buffer[]): void {
    const header = (message: IncomingMessage, name: string) => String(message.headers[name] ?? '');
    this.exchanges.push({
      method: request.method ?? '',
      path: decodeURI((request.url ?? '').split('?')[0] ?? '').replace(/^\/v1/, ''),
      userAgent: header(request, 'user-agent'),
      requestType: header(request, 'content-type'),
      requestBody: Buffer.concat(sent).toString(),
      status: answer.statusCode ?? 0,
      requestId: answer.headers['x-request-id'] as string | undefined,
      answerType: header(answer, 'content-type'),
      answerBody: Buffer.concat(body).toString(),
    });
  }
}

/** The chunks of a message as they pass, up to a limit. */
function collected(message: IncomingMessage): Buffer[] {
  const chunks: Buffer[] = [];
  let bytes = 0;
  message.on('data', (chunk: Buffer) => {
    if (bytes < MAX_KEPT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  return chunks;
}
