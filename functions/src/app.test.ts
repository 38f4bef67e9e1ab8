import { describe, expect, it } from 'vitest';
import { KEY, OTHER_KEY, startApi } from './test-kit/api-under-test.js';

describe('authentication', () => {
  it.each([
    ['no key', {}],
    ['another scheme', { authorization: `Basic ${KEY}` }],
    ['an unknown key', { authorization: 'Bearer sk-guess' }],
    ['an empty key', { authorization: 'Bearer ' }],
  ])('refuses %s with 401', async (_, headers) => {
    const { app } = await startApi();
    for (const [method, url] of [
      ['GET', '/v1/files'],
      ['POST', '/v1/fine_tuning/jobs'],
      ['DELETE', '/v1/models/x'],
    ] as const) {
      const response = await app.inject({ method, url, headers });
      expect(response.statusCode).toBe(401);
      expect(response.json()).toEqual({
        error: {
          message: expect.any(String),
          type: 'authentication_error',
          param: null,
          code: 'invalid_api_key',
        },
      });
    }
  });

  it('leaves health and the description open', async () => {
    const { app } = await startApi();
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await app.inject('/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' });
  });

  it('is asked of every other route there is', async () => {
    const { app } = await startApi();
    const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, Record<string, object>> };
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const url = path.replaceAll(/\{\w+\}/g, 'x');
        const { statusCode } = await app.inject({ method: method.toUpperCase() as 'GET', url });
        expect([method, path, statusCode]).toEqual([method, path, path === '/healthz' ? 200 : 401]);
      }
    }
  });
});

describe('every response', () => {
  it.each([
    ['an answer', '/healthz', 200],
    ['a private answer', '/v1/files', 200],
    ['a missing object', '/v1/files/file-x', 404],
    ['an unknown route', '/nowhere', 404],
    ['a malformed URL', '/v1/files/%zz', 400],
    ['a parameter that is too long', `/v1/models/${'m'.repeat(1100)}`, 400],
  ])('carries x-request-id: %s', async (_, url, status) => {
    const { call } = await startApi();
    const response = await call({ url });
    expect(response.statusCode).toBe(status);
    expect(response.headers['x-request-id']).toMatch(/^req_/);
    if (status >= 400) expect(Object.keys((response.json() as { error: object }).error).sort()).toEqual(FOUR_KEYS);
  });
});

const FOUR_KEYS = ['code', 'message', 'param', 'type'];

describe('what is not served', () => {
  it('is a 404 for a path and a 405 with `allow` for a method', async () => {
    const { call } = await startApi();
    expect((await call({ url: '/v1/assistants' })).json()).toMatchObject({ error: { code: 'unknown_route' } });
    const wrong = await call({ method: 'PUT', url: '/v1/files/file-a', payload: {} });
    expect([wrong.statusCode, wrong.headers['allow']]).toEqual([405, 'DELETE, GET, HEAD']);
    expect(wrong.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
  });

  it.each(['..%2Fsecret', '.hidden', 'a%20b', '%F0%9F%98%80', 'a'.repeat(200)])(
    'is a 404 for the id %s',
    async (id) => {
      const { call } = await startApi();
      for (const path of ['files', 'fine_tuning/jobs', 'evals']) {
        const response = await call({ url: `/v1/${path}/${id}` });
        expect([path, response.statusCode, response.json()]).toMatchObject([
          path,
          404,
          { error: { code: 'not_found' } },
        ]);
      }
    },
  );
});

describe('bodies', () => {
  const post = async (payload: string, type = 'application/json') =>
    (await startApi({ limits: { jsonBodyBytes: 1000 } })).call({
      method: 'POST',
      url: '/v1/evals',
      payload,
      headers: { 'content-type': type },
    });

  it.each([
    ['broken JSON', '{"a":', 'application/json', 400, 'invalid_json'],
    ['a poisoned prototype', '{"__proto__":{"a":1}}', 'application/json', 400, 'invalid_json'],
    ['nothing', '', 'application/json', 400, 'invalid_request'],
    ['an array', '[]', 'application/json', 400, 'invalid_request'],
    ['null', 'null', 'application/json', 400, 'invalid_request'],
    ['too much', JSON.stringify({ name: 'x'.repeat(2000) }), 'application/json', 413, 'body_too_large'],
    ['another media type', '<a/>', 'application/xml', 415, 'unsupported_media_type'],
  ])('are refused: %s', async (_, payload, type, status, code) => {
    const response = await post(payload, type);
    expect([response.statusCode, response.json()]).toMatchObject([status, { error: { code } }]);
  });
});

describe('the rate limit', () => {
  it('counts by project, and says when to come back', async () => {
    const { call } = await startApi({ limits: { requestsPerMinute: 2 } });
    await call({ url: '/v1/files' });
    await call({ url: '/v1/models' });
    const third = await call({ url: '/v1/files' });
    expect([third.statusCode, third.json()]).toMatchObject([429, { error: { code: 'rate_limit_exceeded' } }]);
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    expect((await call({ url: '/v1/files', key: OTHER_KEY })).statusCode).toBe(200);
  });
});

describe('a failure of the platform', () => {
  it('is a 500 that tells nothing, and is logged with its request id', async () => {
    const api = await startApi();
    await api.deps.store.put('files/file-broken/file.json', new TextEncoder().encode('{"secret":'));
    const response = await api.call({ url: '/v1/files/file-broken' });
    expect([response.statusCode, response.json()]).toMatchObject([
      500,
      { error: { code: 'internal_error', param: null } },
    ]);
    expect(response.body).not.toContain('secret');
    const logged = api.logged.find(({ level }) => level === 'error');
    expect(logged?.fields).toMatchObject({ requestId: response.headers['x-request-id'] });
  });
});
