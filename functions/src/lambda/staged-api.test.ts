/** The two stages of the API answer alike, and the first stage takes no call that is not its own. */
import { expect, test } from 'vitest';
import { KEY, startApi } from '../test-kit/api-under-test.js';
import { StagedApi } from './staged-api.js';

const authorization = `Bearer ${KEY}`;

async function stages() {
  const { app: whole } = await startApi();
  const { app: reader } = await startApi({ isReader: true });
  const api = await StagedApi.open(({ isReader }) => Promise.resolve(isReader ? reader : whole));
  return { api, reader, whole };
}

test('jobs and models are read without the other routes', async () => {
  const { api, reader } = await stages();
  for (const path of ['/healthz', '/v1/models', '/v1/fine_tuning/jobs', '/v1/fine_tuning/jobs/ftjob-1/events']) {
    expect(await api.appFor('GET', path), path).toBe(reader);
  }
  expect(reader.routeTable.some(({ url }) => url.startsWith('/v1/evals'))).toBe(false);
});

test.each([
  ['POST', '/v1/fine_tuning/jobs'],
  ['GET', '/v1/evals'],
  ['GET', '/v1/models/'],
  ['GET', '/v1/nothing'],
])('%s %s opens the whole app, which then answers everything', async (method, path) => {
  const { api, whole } = await stages();
  expect(await api.appFor(method, path)).toBe(whole);
  expect(await api.appFor('GET', '/v1/models')).toBe(whole);
});

test('the first stage takes no path that another route of the whole app has', async () => {
  const { reader, whole } = await stages();
  const own = new Set(reader.routeTable.map(({ url }) => url));
  for (const { url, methods } of whole.routeTable.filter((route) => !own.has(route.url))) {
    const taken = reader.routeTable.filter(
      (route) => route.pattern.test(url) && methods.some((method) => route.methods.includes(method)),
    );
    expect(
      taken.map((route) => route.url),
      url,
    ).toEqual([]);
  }
});

test('what the first stage answers is what the whole app answers', async () => {
  const { reader, whole } = await stages();
  for (const url of [
    '/v1/models',
    '/v1/fine_tuning/jobs?limit=1',
    '/v1/fine_tuning/jobs/ftjob-1',
    '/v1/models?limit=x',
  ]) {
    const [first, second] = await Promise.all(
      [reader, whole].map((app) => app.inject({ url, headers: { authorization } })),
    );
    expect([first?.statusCode, first?.json()], url).toEqual([second?.statusCode, second?.json()]);
  }
});

test('an app that opens with an error is the caller’s to see', async () => {
  const { reader } = await stages();
  const api = await StagedApi.open(({ isReader }) =>
    isReader ? Promise.resolve(reader) : Promise.reject(new Error('no')),
  );
  await expect(api.appFor('GET', '/v1/evals')).rejects.toThrow('no');
});
