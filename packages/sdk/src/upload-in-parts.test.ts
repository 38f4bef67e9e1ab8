import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, json, type RecordedRequest, RecordingServer } from './recording-server.js';

const MIB = 2 ** 20;
const FILE = { purpose: 'fine-tune', filename: 'rows.jsonl' } as const;
/** Above what is sent without asking; every KiB differs from the others. */
const CONTENT = Array.from({ length: 5 * 1024 }, (_, index) => String(index).padEnd(1023, '.') + '\n').join('');
const LIMITS = { file_bytes: MIB, upload_part_bytes: MIB, direct_part_bytes: null as number | null };

let server: RecordingServer;
beforeEach(async () => {
  server = await RecordingServer.start();
});
afterEach(() => server.stop());

/** How the store takes what is put into it; the default keeps it. */
type Store = (request: RecordedRequest, count: number) => { status: number; text?: string };

/** A platform that keeps what it is sent, by the id it gives to each part. */
function platform(limits: object, store: Store = () => ({ status: 200 }), storeOrigin?: string) {
  const parts = new Map<string, string>();
  const announced: { bytes: number; sha256: string }[] = [];
  let puts = 0;
  let completed = '';
  const answer: Answer = (request, response) => {
    const route = `${request.method} ${request.url}`;
    const send = (status: number, body: object) => json(status, body)(request, response);
    if (route === 'GET /v1/x/limits') return send(200, limits);
    if (route === 'POST /v1/uploads') return send(200, { id: 'upload_1' });
    if (route === 'POST /v1/uploads/upload_1/cancel') return send(200, { id: 'upload_1' });
    if (route === 'POST /v1/uploads/upload_1/parts') {
      const id = `part_${parts.size}`;
      parts.set(id, /filename="part"[\s\S]*?\r\n\r\n([\s\S]*)\r\n--/.exec(request.body)?.[1] ?? '');
      return send(200, { id });
    }
    if (route === 'POST /v1/x/uploads/upload_1/parts') {
      announced.push(JSON.parse(request.body) as (typeof announced)[number]);
      const id = `part_d${announced.length}`;
      const url = `${storeOrigin ?? new URL(server.baseURL).origin}/store/${id}?signature=s`;
      return send(200, { id, method: 'PUT', url, headers: { 'if-none-match': '*' } });
    }
    if (route.startsWith('PUT /store/')) {
      const { status, text = '' } = store(request, ++puts);
      if (status === 200) parts.set(/part_d[0-9]+/.exec(request.url)?.[0] ?? '', request.body);
      return void response.writeHead(status).end(text);
    }
    if (route === 'POST /v1/uploads/upload_1/complete') {
      const { part_ids } = JSON.parse(request.body) as { part_ids: string[] };
      completed = part_ids.map((id) => parts.get(id)).join('');
      return send(200, { id: 'upload_1', file: { id: 'file-1' } });
    }
    send(404, { error: { message: route, code: 'unknown_route' } });
  };
  server.script(...Array.from({ length: 64 }, () => answer));
  return { announced, completed: () => completed };
}

const paths = () => server.requests.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`);
const upload = (options: Parameters<RecordingServer['client']>[0] = {}) =>
  server.client(options).files.create(new TextEncoder().encode(CONTENT), FILE);

describe('a file', () => {
  it('goes in one request where the platform takes it, and is not asked about when it is small', async () => {
    server.script(
      json(200, { ...LIMITS, file_bytes: 512 * MIB }),
      json(200, { id: 'file-1' }),
      json(200, { id: 'file-2' }),
    );
    expect(await upload()).toMatchObject({ id: 'file-1' });
    await server.client().files.create(new TextEncoder().encode('small'), FILE);
    expect(paths()).toEqual(['GET /v1/x/limits', 'POST /v1/files', 'POST /v1/files']);
  });

  it('goes through the API in parts, in its order, where the store takes nothing from clients', async () => {
    const { completed } = platform(LIMITS);
    expect(await upload()).toEqual({ id: 'file-1' });
    expect(completed()).toBe(CONTENT);
    expect(paths().filter((path) => path.endsWith('/upload_1/parts'))).toHaveLength(5);
    expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual({
      bytes: 5 * MIB,
      filename: 'rows.jsonl',
      mime_type: 'application/octet-stream',
      purpose: 'fine-tune',
    });
  });

  it('goes straight into a store that takes it, each part announced with its size and hash, without the key', async () => {
    const { announced, completed } = platform({ ...LIMITS, direct_part_bytes: 2 * MIB });
    expect(await upload()).toEqual({ id: 'file-1' });
    expect(completed()).toBe(CONTENT);
    const hash = (at: number) =>
      createHash('sha256')
        .update(CONTENT.slice(at, at + 2 * MIB))
        .digest('hex');
    expect(announced.map(({ sha256 }) => sha256).sort()).toEqual([0, 2 * MIB, 4 * MIB].map(hash).sort());
    expect(announced.map(({ bytes }) => bytes).sort()).toEqual([MIB, 2 * MIB, 2 * MIB]);
    const puts = server.requests.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ headers }) => [headers.authorization, headers['if-none-match']])).toEqual(
      puts.map(() => [undefined, '*']),
    );
    expect(paths()).not.toContain('POST /v1/uploads/upload_1/parts');
  });

  it('asks for another URL when one is refused, and goes through the API when all are', async () => {
    const expired = {
      status: 403,
      text: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
    };
    const direct = { ...LIMITS, direct_part_bytes: 5 * MIB };
    const once = platform(direct, (_request, count) => (count === 1 ? expired : { status: 200 }));
    expect(await upload()).toEqual({ id: 'file-1' });
    expect(once.announced).toHaveLength(2);
    expect(once.completed()).toBe(CONTENT);
    await server.stop();
    server = await RecordingServer.start();
    const never = platform(direct, () => expired);
    expect(await upload({ maxRetries: 1 })).toEqual({ id: 'file-1' });
    expect([never.announced.length, never.completed()]).toEqual([2, CONTENT]);
    expect(paths().filter((path) => path === 'POST /v1/uploads/upload_1/parts')).toHaveLength(5);
  });

  it('says what the store said of a part that it does not take', async () => {
    const wrong = {
      status: 400,
      text: '<Error><Code>BadDigest</Code><Message>not what was announced</Message></Error>',
    };
    platform({ ...LIMITS, direct_part_bytes: 5 * MIB }, () => wrong);
    await expect(upload({ maxRetries: 1 })).rejects.toMatchObject({
      status: 400,
      code: 'store_error',
      message: 'the store answered 400 to part part_d2: BadDigest',
    });
    expect(paths().at(-1)).toBe('POST /v1/uploads/upload_1/cancel');
  });

  it('goes through the API when the store cannot be reached from here', async () => {
    const direct = { ...LIMITS, direct_part_bytes: 2 * MIB };
    // A port that no client connects to.
    const { completed } = platform(direct, undefined, 'http://127.0.0.1:1');
    expect(await upload({ maxRetries: 0 })).toEqual({ id: 'file-1' });
    expect(completed()).toBe(CONTENT);
    expect(paths().filter((path) => path === 'POST /v1/uploads/upload_1/parts')).toHaveLength(5);
    expect(paths().filter((path) => path === 'POST /v1/x/uploads/upload_1/parts').length).toBeLessThanOrEqual(3);
  });
});
