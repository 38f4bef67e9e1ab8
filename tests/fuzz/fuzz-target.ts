/**
 * The API under fire: the real app on a real socket, over memory adapters, with a clock that runs ahead so that nothing
 * waits long. Remembers the ids it answers with, so that later requests can name what exists.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiKeys } from '../../functions/src/access/api-keys.js';
import { type ApiUnderTest, KEY, startApi } from '../../functions/src/test-kit/api-under-test.js';
import { OwnedThings } from '../../functions/src/test-kit/owned-things.js';
import type { FuzzRequest } from './request-arbitrary.js';

export interface FuzzAnswer {
  readonly status: number;
  /** What the server logged of it, for an answer that is the server's fault. */
  readonly cause: string;
  readonly contentType: string;
  readonly text: string;
}

const TICK_MS = 20;
/** Virtual time a tick. */
const STEP_MS = 2_000;
const PATIENCE_MS = 60_000;
const ID = /"id":"([a-z]+[-_][A-Za-z0-9_-]+)"/g;
const REMEMBERED = 8;

export class FuzzTarget {
  readonly api: ApiUnderTest;
  readonly #port: number;
  readonly #adminKey: { readonly id: string; readonly value: string };
  readonly #ids = new Map<string, string[]>();
  readonly #ticking: NodeJS.Timeout;

  private constructor(api: ApiUnderTest, port: number, adminKey: { id: string; value: string }) {
    this.api = api;
    this.#port = port;
    this.#adminKey = adminKey;
    this.#ticking = setInterval(() => void api.clock.advance(STEP_MS), TICK_MS);
  }

  static async start(): Promise<FuzzTarget> {
    const api = await startApi({ limits: { requestsPerMinute: 1_000_000, jsonBodyBytes: 1_000_000 } });
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    const adminKey = await new ApiKeys(api.deps).issue({ role: 'admin', projectId: null, name: 'fuzz' });
    const target = new FuzzTarget(api, (api.app.server.address() as AddressInfo).port, adminKey);
    const things = new OwnedThings(api);
    for (const name of [
      'file_id',
      'upload_id',
      'part_id',
      'job_id',
      'model',
      'permission_id',
      'eval_id',
      'item_id',
      'run_id',
    ]) {
      target.#remember(`"id":"${await things.named(name)}"`);
    }
    return target;
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticking);
    this.api.app.server.closeAllConnections();
    await this.api.app.close();
  }

  /** The request with the ids that its places stand for. */
  concrete(request: FuzzRequest): FuzzRequest {
    const fill = (text: string): string =>
      text.replace(/<known:([^:>]+):(\d)>/g, (_, prefix: string, place: string) => {
        const ids = this.#ids.get(prefix) ?? [];
        return ids[Number(place) % Math.max(1, ids.length)] ?? `${prefix}000000`;
      });
    const { body } = request;
    return { ...request, path: fill(request.path), ...(body === undefined ? {} : { body: fill(body) }) };
  }

  /** Undefined for what no HTTP client would send. */
  async send(request: FuzzRequest): Promise<FuzzAnswer | undefined> {
    const isAdmin = request.path.startsWith('/v1/x/admin');
    const key = isAdmin ? this.#adminKey.value : KEY;
    const headers = { ...request.headers, authorization: `Bearer ${key}`, connection: 'close' };
    const logged = this.api.logged.length;
    let answer: { status: number; contentType: string; text: string } | undefined;
    try {
      answer = await this.#exchange({ ...request, headers });
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
    this.#remember(answer.text);
    const causes = this.api.logged.slice(logged).filter(({ level }) => level === 'error' || level === 'warn');
    return { ...answer, cause: causes.map(({ message, fields }) => causeText(message, fields)).join('; ') };
  }

  #exchange({
    method,
    path,
    headers,
    body,
  }: FuzzRequest): Promise<{ status: number; contentType: string; text: string }> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port: this.#port, method, path, headers }, (answer) => {
        const status = answer.statusCode ?? 0;
        const contentType = String(answer.headers['content-type'] ?? '');
        readAnswer(answer).then((text) => resolve({ status, contentType, text }), reject);
      });
      request.setTimeout(PATIENCE_MS, () => request.destroy(new Error(`no answer in ${PATIENCE_MS} ms`)));
      request.on('error', reject);
      request.end(body);
    });
  }

  #remember(text: string): void {
    for (const [, id = ''] of text.matchAll(ID)) {
      // Revoked, it would be of no use.
      if (id === this.#adminKey.id) continue;
      const prefix = /^[a-z]+[-_]/.exec(id)?.[0] ?? '';
      const known = this.#ids.get(prefix) ?? [];
      if (!known.includes(id)) this.#ids.set(prefix, [id, ...known].slice(0, REMEMBERED));
    }
  }
}

/** Of a stream without end, the beginning. */
async function readAnswer(answer: IncomingMessage): Promise<string> {
  const isStream = String(answer.headers['content-type']).startsWith('text/event-stream');
  let text = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) {
    text += String(chunk);
    if (isStream && !text.startsWith('data: {"id":"chatcmpl')) break;
    if (text.length > 200_000) break;
  }
  return text;
}

function causeText(message: string, fields: object | undefined): string {
  const error = (fields as { error?: unknown } | undefined)?.error;
  return `${message}: ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 6).join(' | ') : String(error)}`;
}
