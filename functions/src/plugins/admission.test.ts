/** What a process refuses rather than dies of, over real sockets. */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Server } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, KEY, startApi } from '../test-kit/api-under-test.js';
import { OwnedThings } from '../test-kit/owned-things.js';

let api: ApiUnderTest;
const open: ClientRequest[] = [];
afterEach(async () => {
  for (const request of open.splice(0)) request.destroy();
  await api.app.close();
});

async function listen(limits: Parameters<typeof startApi>[0] = {}): Promise<number> {
  api = await startApi(limits);
  await api.app.listen({ host: '127.0.0.1', port: 0 });
  return (api.app.server.address() as AddressInfo).port;
}

function begin(port: number, path: string, options: { method?: string; headers?: object } = {}): ClientRequest {
  const headers = { authorization: `Bearer ${KEY}`, ...options.headers };
  const request = httpRequest({ port, host: '127.0.0.1', path, method: options.method ?? 'GET', headers });
  request.on('error', () => undefined);
  open.push(request);
  return request;
}

async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}

async function send(
  port: number,
  path: string,
  options?: Parameters<typeof begin>[2],
  body?: string,
): Promise<IncomingMessage> {
  const request = begin(port, path, options);
  request.end(body);
  const answer = await answerOf(request);
  answer.resume();
  return answer;
}

describe('event streams', () => {
  it('are as many as there may be; the next is told when to come back, and gets the place of one that left', async () => {
    const port = await listen({ limits: { openStreams: 3, openStreamsPerProject: 2 } });
    const path = `/v1/fine_tuning/jobs/${await new OwnedThings(api).named('job_id')}/events?stream=true`;
    const streams = [begin(port, path), begin(port, path)];
    for (const stream of streams) stream.end();
    await Promise.all(streams.map(answerOf));
    const refused = await send(port, path);
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '5']);
    expect((await send(port, '/v1/files')).statusCode).toBe(200);
    streams[0]?.destroy();
    await expect.poll(async () => (await peek(port, path)).statusCode).toBe(200);
  });

  it('have their place back when the client leaves before the first frame', async () => {
    const port = await listen({ limits: { openStreams: 1, openStreamsPerProject: 1 } });
    const path = `/v1/fine_tuning/jobs/${await new OwnedThings(api).named('job_id')}/events?stream=true`;
    const { store } = api.deps;
    const get = store.get.bind(store);
    let isAsked = false;
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    store.get = async (key) => {
      isAsked = true;
      await answered;
      return get(key);
    };
    const left = begin(port, path);
    left.end();
    await expect.poll(() => isAsked).toBe(true);
    left.destroy();
    await expect.poll(() => connectionsOf(api.app.server)).toBe(0);
    store.get = get;
    answer();
    // Whoever left takes the only place meanwhile.
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    expect((await peek(port, path)).statusCode).toBe(200);
  });

  const connectionsOf = (server: Server) =>
    new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));

  async function peek(port: number, path: string): Promise<IncomingMessage> {
    const request = begin(port, path);
    request.end();
    return answerOf(request);
  }
});

describe('requests under way', () => {
  const chunked = { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } };

  it('are refused with 503 and retry-after beyond the limit, and taken again when others have ended', async () => {
    const port = await listen({ limits: { requestsInFlight: 2 } });
    const slow = [begin(port, '/v1/evals', chunked), begin(port, '/v1/evals', chunked)];
    for (const request of slow) request.write('{');
    await expect.poll(async () => (await send(port, '/v1/files')).statusCode).toBe(503);
    const refused = await send(port, '/v1/files');
    expect(refused.headers['retry-after']).toBe('1');
    for (const request of slow) request.end('}');
    expect((await Promise.all(slow.map(answerOf))).map(({ statusCode }) => statusCode)).toEqual([400, 400]);
    await expect.poll(async () => (await send(port, '/v1/files')).statusCode).toBe(200);
  });

  it('may hold so many bytes of JSON together, and give them back when the client leaves', async () => {
    const port = await listen({ limits: { jsonBytesInFlight: 3_000, jsonBodyBytes: 2_000 } });
    const slow = begin(port, '/v1/evals', chunked);
    slow.write('{');
    const body = JSON.stringify({ name: 'x'.repeat(1_500) });
    const post = { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': body.length } };
    await expect.poll(async () => (await send(port, '/v1/evals', post, body)).statusCode).toBe(503);
    expect((await send(port, '/v1/files')).statusCode).toBe(200);
    slow.destroy();
    await expect.poll(async () => (await send(port, '/v1/evals', post, body)).statusCode).toBe(400);
  });

  it('of ten times as many clients as there is room for all end, and the process answers on', async () => {
    const port = await listen({ limits: { requestsInFlight: 10 } });
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(port, '/v1/models')));
    const statuses = new Set(answers.map(({ statusCode }) => statusCode));
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(answers.filter(({ statusCode }) => statusCode === 503).every(({ headers }) => headers['retry-after'])).toBe(
      true,
    );
    expect((await send(port, '/healthz')).statusCode).toBe(200);
  });
});

describe('a body', () => {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };

  it.each([
    ['nested without end', '['.repeat(200_000), 'invalid_json'],
    ['nested in objects', '{"a":'.repeat(200_000), 'invalid_json'],
    ['of millions of nothings', `[${'0,'.repeat(1_500_000)}0]`, 'invalid_json'],
    ['that reaches for a prototype', '{"constructor":{"prototype":{"a":1}}}', 'invalid_json'],
    ['that is long', ' '.repeat(17 * 1024 * 1024), 'body_too_large'],
  ])('%s is refused by name', async (_, body, code) => {
    const port = await listen();
    const request = begin(port, '/v1/evals', json);
    request.end(body);
    const answer = await answerOf(request);
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    expect(JSON.parse(text)).toMatchObject({ error: { code } });
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    expect((await send(port, '/healthz')).statusCode).toBe(200);
  });
});

describe('what is no request', () => {
  it.each([
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    [
      'thousands of headers',
      `GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${'a: b\r\n'.repeat(5_000)}\r\n`,
      404,
      'unknown_route',
    ],
    ['noise', '\u0000\u0001\r\n\r\n', 400, 'invalid_request'],
    ['two lengths', 'POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na', 400, 'invalid_request'],
  ])('is answered like any other mistake: %s', async (_, bytes, status, code) => {
    const port = await listen();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code, param: null } });
  });
});
