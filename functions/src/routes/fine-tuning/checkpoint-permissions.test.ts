import { ApiKeys } from '../../access/api-keys.js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../../test-kit/api-under-test.js';
import { TINY_BUNDLE } from '../../test-kit/tiny-models.js';

const MODEL = 'ft:preheat-1m:proj-one:words:job1:ckpt-step-5';
const PATH = `/v1/fine_tuning/checkpoints/${MODEL}/permissions`;

let api: ApiUnderTest;
beforeEach(async () => {
  api = await startApi();
  await api.deps.models.publish({
    schemaVersion: 1,
    name: MODEL,
    kind: 'checkpoint',
    projectId: 'proj-one',
    createdAtMs: 1,
    ownedBy: 'proj-one',
    prefix: TINY_BUNDLE,
    jobId: 'ftjob-job1',
    base: 'preheat-1m',
  });
});
afterEach(() => api.app.close());

const grant = (project_ids: string[], key?: string) =>
  api.call({ method: 'POST', url: PATH, payload: { project_ids }, ...(key ? { key } : {}) });
const ask = (key: string) =>
  api.call({
    method: 'POST',
    url: '/v1/chat/completions',
    key,
    payload: { model: MODEL, messages: [{ role: 'user', content: 'cat' }], max_tokens: 4 },
  });

it('lets another project call the checkpoint until it is taken back, and nothing more', async () => {
  expect((await ask(OTHER_KEY)).statusCode).toBe(404);
  const { data } = (await grant(['proj-two'])).json() as { data: { id: string }[] };
  expect((await ask(OTHER_KEY)).statusCode).toBe(200);
  const url = `/v1/models/${MODEL}`;
  expect((await api.call({ url, key: OTHER_KEY })).statusCode).toBe(404);
  expect((await api.call({ method: 'DELETE', url, key: OTHER_KEY })).statusCode).toBe(404);
  expect((await grant(['proj-three'], OTHER_KEY)).statusCode).toBe(404);
  const removed = await api.call({ method: 'DELETE', url: `${PATH}/${data[0]?.id}` });
  expect(removed.json()).toEqual({ id: data[0]?.id, object: 'checkpoint.permission', deleted: true });
  expect((await ask(OTHER_KEY)).statusCode).toBe(404);
  expect((await api.call({ method: 'DELETE', url: `${PATH}/${data[0]?.id}` })).statusCode).toBe(404);
});

it('lists permissions by pages that continue after the last id', async () => {
  const first = (await grant(['proj-a'])).json().data;
  await api.clock.advance(1_000);
  const rest = (await grant(['proj-b', 'proj-c', 'proj-a'])).json();
  expect(rest.data[2]).toEqual(first[0]);
  const seen: string[] = [];
  for (let after = ''; ; ) {
    const page = (await api.call({ url: `${PATH}?limit=1&order=ascending${after}` })).json();
    seen.push(...page.data.map((one: { project_id: string }) => one.project_id));
    if (!page.has_more) break;
    after = `&after=${page.last_id}`;
  }
  expect(seen).toEqual(['proj-a', 'proj-b', 'proj-c']);
  expect((await api.call({ url: PATH })).json().data[2].project_id).toBe('proj-a');
  expect((await api.call({ url: `${PATH}?project_id=proj-b` })).json().data).toHaveLength(1);
  expect((await api.call({ url: `${PATH}?after=cp_none` })).json().error.param).toBe('after');
});

it('are managed by an admin key as well, which acts for the project in the name', async () => {
  const { value: admin } = await new ApiKeys(api.deps).issue({ role: 'admin', projectId: null, name: 'ops' });
  const { data } = (await grant(['proj-two'], admin)).json() as { data: { id: string }[] };
  expect((await ask(OTHER_KEY)).statusCode).toBe(200);
  expect((await api.call({ url: PATH })).json().data).toEqual(data);
  expect((await api.call({ url: PATH, key: admin })).json().data).toEqual(data);
  const url = `${PATH}/${data[0]?.id}`;
  expect((await api.call({ method: 'DELETE', url, key: admin })).statusCode).toBe(200);
  expect((await ask(OTHER_KEY)).statusCode).toBe(404);
  for (const name of ['preheat-1m', 'ft:preheat-1m:proj-two:words:job1']) {
    const other = `/v1/fine_tuning/checkpoints/${name}/permissions`;
    expect((await api.call({ url: other, key: admin })).json().error.code).toBe('model_not_found');
  }
});

it('has no permissions for base models', async () => {
  const url = '/v1/fine_tuning/checkpoints/preheat-1m/permissions';
  const answer = await api.call({ method: 'POST', url, payload: { project_ids: ['proj-two'] } });
  expect(answer.statusCode).toBe(400);
});
