import type { InjectOptions } from 'fastify';
import { expect, it } from 'vitest';
import { apiContext } from '../api-context.js';
import { appOf } from '../app.js';
import { AREA_NAMES, areaOf } from '../areas/areas.js';
import { hashOfKey } from '../access/api-keys.js';
import { KEY, startApi } from '../test-kit/api-under-test.js';
import { ApiByArea } from './api-by-area.js';

const authorization = `Bearer ${KEY}`;

async function world(limits = {}) {
  const { app, deps } = await startApi();
  const apiKeys = [{ hash: Buffer.from(hashOfKey(KEY), 'hex'), projectId: 'proj-one' }];
  const context = apiContext(deps, { apiKeys, limits });
  return { whole: app, context, api: new ApiByArea(context) };
}

/** A call of a route, and nothing that a wildcard of another route would take. */
const pathOf = (url: string) => url.replaceAll(/:\w+|\*/g, 'x-1');

const inject = (api: ApiByArea, method: string, url: string) =>
  injected(api, { method: method as 'GET', url, headers: { authorization } });

function injected(api: ApiByArea, request: InjectOptions) {
  return new Promise<{ statusCode: number; headers: object; body: string }>((resolve, reject) => {
    api.inject(request, (error, response) => (response ? resolve(response) : reject(error ?? new Error('no answer'))));
  });
}

it('every route is served by the area that has its calls, and by no other', async () => {
  const { whole, context } = await world();
  const apps = new Map(
    await Promise.all(AREA_NAMES.map(async (name) => [name, await appOf(context, { areas: [name] })] as const)),
  );
  for (const app of apps.values()) await app.ready();
  const routes = whole.routeTable.flatMap(({ url, methods }) => methods.map((method) => [method, url] as const));
  expect(routes.length).toBeGreaterThan(90);
  for (const [method, url] of routes.filter(([, url]) => url.startsWith('/v1'))) {
    const serving = [...apps].filter(([, app]) => app.hasRoute({ method: method as 'GET', url })).map(([name]) => name);
    expect([method, url, serving]).toEqual([method, url, [areaOf(method, pathOf(url))]]);
  }
});

it.each([
  ['GET', '/healthz'],
  ['GET', '/v1/fine_tuning/jobs?limit=1'],
  ['HEAD', '/v1/files'],
  ['GET', '/v1/fine_tuning/jobs?limit=x'],
  ['GET', '/v1/fine_tuning/jobs/'],
  ['DELETE', '/v1/fine_tuning/jobs'],
  ['PUT', '/v1/models/m'],
  ['GET', '/v1/x/models/m/expiry'],
  ['GET', '/v1/x/exports'],
  ['GET', '/v1/assistants'],
  ['GET', '/v1/models/%zz'],
  ['GET', '/v1/%66iles'],
  ['GET', '/v1/x/../files'],
  ['GET', '//wp-login.php'],
])('answers %s %s as the whole app does', async (method, url) => {
  const { whole, api } = await world();
  const { statusCode, headers, body } = await inject(api, method, url);
  const expected = await whole.inject({ method: method as 'GET', url, headers: { authorization } });
  expect([statusCode, body]).toEqual([expected.statusCode, expected.body]);
  expect(Object.keys(headers).sort()).toEqual(Object.keys(expected.headers).sort());
  expect(headers).toMatchObject({ ...(expected.headers.allow ? { allow: expected.headers.allow } : {}) });
});

it.each(['/v1/chat/completions', '/v1/uploads', '/v1/files/x'])(
  'answers a form for %s as the whole app does',
  async (url) => {
    const { whole, api } = await world();
    const form = {
      method: 'POST',
      url,
      headers: { authorization, 'content-type': 'multipart/form-data; boundary=b' },
      payload: '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm\r\n--b--\r\n',
    } as const;
    const { statusCode, body } = await injected(api, form);
    const expected = await whole.inject(form);
    expect([statusCode, body]).toEqual([expected.statusCode, expected.body]);
  },
);

it('opens an area once, and for what no area serves no more than the areas that have the path', async () => {
  const { context } = await world();
  const opened: string[] = [];
  const api = new ApiByArea(context, (areas) => opened.push(areas.join()));
  await Promise.all(['/v1/fine_tuning/jobs', '/v1/fine_tuning/jobs/x'].map((url) => inject(api, 'GET', url)));
  expect(opened).toEqual(['jobs']);
  await inject(api, 'PUT', '/v1/fine_tuning/jobs');
  for (const url of ['/wp-login.php', '/v1/assistants']) await inject(api, 'GET', url);
  expect(opened).toEqual(['jobs', 'jobRequests,jobs', '']);
});

it('opens everything ahead where it is told to', async () => {
  const { api } = await world();
  const whole = await api.whole();
  expect(await api.appFor('GET', '/v1/fine_tuning/jobs')).toBe(whole);
});

it.each([
  ['SPY', '/v1/files'],
  ['GET', 'http://[/v1/files'],
])('refuses %s %s, which is no request', async (method, url) => {
  const { api } = await world();
  const { statusCode, headers, body } = await inject(api, method, url);
  expect([statusCode, JSON.parse(body)]).toMatchObject([400, { error: { code: 'invalid_request', param: null } }]);
  expect(Object.keys(headers)).toContain('x-request-id');
});

it('counts the requests of a project over all areas', async () => {
  const { api } = await world({ requestsPerMinute: 2 });
  const statuses = [];
  for (const url of ['/v1/files', '/v1/models', '/v1/evals']) statuses.push((await inject(api, 'GET', url)).statusCode);
  expect(statuses).toEqual([200, 200, 429]);
});

it('tells who calls that an area did not open, and tries again with the next call', async () => {
  const { context } = await world();
  let isBroken = true;
  const failing = {
    ...context,
    get limits() {
      if (isBroken) throw new Error('no');
      return context.limits;
    },
  };
  const api = new ApiByArea(failing);
  await expect(inject(api, 'GET', '/v1/files')).rejects.toThrow('no');
  isBroken = false;
  expect((await inject(api, 'GET', '/v1/files')).statusCode).toBe(200);
});
