/** The API as a process of its own on a directory of its own, reached by raw HTTP: nothing tidies what an attacker sends. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { multipartBody } from '../../functions/src/test-kit/multipart.js';
import { API_KEY, type Platform, startPlatform } from '../e2e/platform.js';

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Sent {
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the project's. */
  readonly key?: string;
}

export class Target {
  /** Holds the store's directory, and whatever a request managed to write beside it. */
  readonly folder: string;
  readonly #platform: Platform;

  private constructor(folder: string, platform: Platform) {
    this.folder = folder;
    this.#platform = platform;
  }

  /** Webhooks may go to public addresses alone, as where strangers are served, and everything is logged. */
  static async start(): Promise<Target> {
    const folder = await mkdtemp(join(tmpdir(), 'preheat-security-'));
    const platform = await startPlatform({
      PREHEAT_DATA_DIR: join(folder, 'data'),
      PREHEAT_WEBHOOK_TARGETS: 'public',
      PREHEAT_LOG_LEVEL: 'debug',
      PREHEAT_REQUESTS_PER_MINUTE: '1000000',
    });
    return new Target(folder, platform);
  }

  /** Everything that was logged. */
  get log(): string {
    return this.#platform.logs(Infinity);
  }

  /** @param path As it is to stand in the request line. */
  async send(method: string, path: string, { json, body, headers, key = API_KEY }: Sent = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.#platform.baseURL);
    const request = httpRequest({
      ...{ host: hostname, port, method, path, agent: false },
      headers: {
        authorization: `Bearer ${key}`,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    request.end(json === undefined ? body : JSON.stringify(json));
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    answer.setEncoding('utf8');
    for await (const chunk of answer) text += String(chunk);
    return { status: answer.statusCode ?? 0, text };
  }

  upload(content: string, filename = 'rows.jsonl', purpose = 'fine-tune'): Promise<Answer> {
    const { payload, headers } = multipartBody([
      { field: 'purpose', value: purpose },
      { field: 'file', filename, content },
    ]);
    return this.send('POST', '/v1/files', { body: payload, headers });
  }

  async stop(): Promise<void> {
    await this.#platform.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The id in an answer that must be a success. */
export function idOf({ status, text }: Answer): string {
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return (JSON.parse(text) as { id: string }).id;
}

export const errorOf = ({ text }: Answer): Record<string, unknown> =>
  (JSON.parse(text) as { error: Record<string, unknown> }).error;
