import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Preheat } from './client.js';
import { PreheatError } from './errors.js';
import { hangUp, json, RecordingServer, silence } from './recording-server.js';

let server: RecordingServer;
beforeEach(async () => {
  server = await RecordingServer.start();
});
afterEach(() => server.stop());

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );

describe('Preheat', () => {
  it('refuses an empty key and an address that is none', () => {
    expect(() => new Preheat({ apiKey: '' })).toThrow(/apiKey is empty/);
    expect(() => new Preheat({ apiKey: 'k', baseURL: 'localhost:8787' })).toThrow(/expected an http\(s\) address/);
  });

  it('sends the key, and encodes ids in paths', async () => {
    server.script(json(200, { id: 'ft:a/b::c', object: 'model' }));
    await server.client().models.retrieve('ft:a/b::c');
    expect(server.requests[0]).toMatchObject({ method: 'GET', url: '/v1/models/ft%3Aa%2Fb%3A%3Ac' });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer key-1');
  });

  it('turns an error body into a typed error', async () => {
    const error = { message: 'no such model', type: 'invalid_request_error', param: 'model', code: 'model_not_found' };
    server.script(json(404, { error }));
    const thrown = await failure(server.client().models.retrieve('x'));
    expect(thrown).toBeInstanceOf(PreheatError);
    expect(thrown).toMatchObject({ ...error, status: 404, requestId: 'req_1' });
    expect(server.requests).toHaveLength(1);
  });

  it('quotes an answer that is not JSON', async () => {
    server.script((_request, response) => response.writeHead(403).end('<h1>Proxy says no</h1>'));
    expect(await failure(server.client().models.retrieve('x'))).toMatchObject({
      status: 403,
      message: 'HTTP 403: <h1>Proxy says no</h1>',
    });
  });

  it('says so when a success is not JSON', async () => {
    server.script((_request, response) => response.writeHead(200).end('<html>'));
    expect(await failure(server.client().models.retrieve('x'))).toMatchObject({ code: 'invalid_response' });
  });
});

describe('retries', () => {
  it('tries three times, and waits as long as the server says, else twice as long each time', async () => {
    const busy = { error: { message: 'busy', type: 'server_error', param: null, code: 'overloaded' } };
    server.script(json(503, busy, { 'retry-after-ms': '40' }), json(500, busy), json(200, { id: 'm' }));
    expect(await server.client().models.retrieve('m')).toEqual({ id: 'm' });
    expect(server.sleeps).toEqual([40, 1_000]);
    expect(server.requests.map((request) => request.headers['x-stainless-retry-count'])).toEqual(['0', '1', '2']);
  });

  it('gives up after maxRetries with the last error', async () => {
    server.script(json(500, {}), json(500, { error: { message: 'last' } }));
    expect(await failure(server.client({ maxRetries: 1 }).models.retrieve('m'))).toMatchObject({ message: 'last' });
  });

  it('obeys x-should-retry against the status', async () => {
    server.script(json(500, {}, { 'x-should-retry': 'false' }));
    await failure(server.client().models.retrieve('m'));
    expect(server.requests).toHaveLength(1);
    server.script(json(400, {}, { 'x-should-retry': 'true' }), json(200, { id: 'm' }));
    expect(await server.client().models.retrieve('m')).toEqual({ id: 'm' });
  });

  it('repeats a create after a lost answer under the same idempotency key, and under another for another call', async () => {
    server.script(hangUp, json(200, { id: 'ftjob-1' }), json(200, { id: 'ftjob-2' }));
    const client = server.client();
    const body = { model: 'preheat-1m', training_file: 'file-1' };
    await client.jobs.create(body);
    await client.jobs.create(body);
    const [first, second, third] = server.requests.map((request) => request.headers['idempotency-key']);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('reports a time-out and an address where nobody listens', async () => {
    server.script(silence);
    const timedOut = await failure(server.client({ timeoutMs: 30, maxRetries: 0 }).models.retrieve('m'));
    expect(timedOut).toMatchObject({ status: null, code: 'timeout' });
    const deaf = server.client({ maxRetries: 0 });
    await server.stop();
    expect(await failure(deaf.models.retrieve('m'))).toMatchObject({ status: null, code: 'connection_error' });
  });

  it('stops at once when the caller aborts, with the reason given', async () => {
    const abort = new AbortController();
    server.script(() => abort.abort(new Error('enough')));
    expect(await failure(server.client().models.retrieve('m', { signal: abort.signal }))).toEqual(new Error('enough'));
    expect(server.requests).toHaveLength(1);
  });

  it('stops every call when the signal of the client fires, but those that clean up', async () => {
    const abort = new AbortController();
    const client = server.client({ signal: abort.signal });
    server.script(() => abort.abort(new Error('enough')));
    expect(await failure(client.models.list().toArray())).toEqual(new Error('enough'));
    expect(await failure(client.models.retrieve('m'))).toEqual(new Error('enough'));
    expect(server.requests).toHaveLength(1);
    server.script(json(200, { id: 'file-1', deleted: true }));
    expect(await client.files.delete('file-1', { outlivesClient: true })).toMatchObject({ deleted: true });
  });
});

describe('lists', () => {
  it('walks every page, lazily, with the filters repeated', async () => {
    server.script(
      json(200, { object: 'list', data: [{ id: 'a' }, { id: 'b' }], has_more: true }),
      json(200, { object: 'list', data: [{ id: 'c' }], has_more: false }),
    );
    const jobs = server.client().jobs.list({ limit: 2, metadata: { run: 'x y' } });
    expect(server.requests).toHaveLength(0);
    expect((await jobs.toArray()).map((job) => job.id)).toEqual(['a', 'b', 'c']);
    expect(server.requests.map((request) => request.url)).toEqual([
      '/v1/fine_tuning/jobs?limit=2&metadata%5Brun%5D=x+y',
      '/v1/fine_tuning/jobs?limit=2&metadata%5Brun%5D=x+y&after=b',
    ]);
  });

  it('stops early when asked to, and when a server repeats its cursor', async () => {
    const page = json(200, { data: [{ id: 'a' }], has_more: true, last_id: 'a' });
    server.script(page);
    expect(await server.client().jobs.list().toArray(1)).toHaveLength(1);
    server.script(page, page);
    expect(await server.client().jobs.list().toArray()).toHaveLength(2);
  });
});
