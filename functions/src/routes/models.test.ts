import { describe, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../test-kit/api-under-test.js';

const LONG = `ft:base/tiny:proj-one:${'s'.repeat(64)}:abc:ckpt-step-1000000:${'x'.repeat(60)}`;

async function withModel(name: string): Promise<ApiUnderTest> {
  const api = await startApi();
  const kind = 'checkpoint' as const;
  const record = {
    schemaVersion: 1 as const,
    name,
    kind,
    projectId: 'proj-one',
    createdAtMs: 5000,
    ownedBy: 'proj-one',
  };
  await api.deps.models.publish({ ...record, prefix: 'bundles/tiny', jobId: null, base: 'preheat-1m' });
  return api;
}

describe('models', () => {
  it('lists base models and those of the project only', async () => {
    const api = await withModel('ft:a');
    const names = async (key?: string) =>
      ((await api.call({ url: '/v1/models', ...(key ? { key } : {}) })).json() as { data: { id: string }[] }).data.map(
        ({ id }) => id,
      );
    expect(await names()).toEqual(['preheat-1m', 'preheat-4m', 'ft:a']);
    expect(await names(OTHER_KEY)).toEqual(['preheat-1m', 'preheat-4m']);
  });

  it.each([
    ['escaped', encodeURIComponent(LONG)],
    ['as clients escape it', LONG.replace('/', '%2F')],
    ['as people type it', LONG],
  ])('retrieves and deletes a long name with a slash, %s', async (_, path) => {
    const api = await withModel(LONG);
    expect((await api.call({ url: `/v1/models/${path}` })).json()).toEqual({
      id: LONG,
      object: 'model',
      created: 5,
      owned_by: 'proj-one',
    });
    expect((await api.call({ method: 'DELETE', url: `/v1/models/${path}`, key: OTHER_KEY })).statusCode).toBe(404);
    const deleted = await api.call({ method: 'DELETE', url: `/v1/models/${path}` });
    expect(deleted.json()).toEqual({ id: LONG, object: 'model', deleted: true });
    const gone = await api.call({ url: `/v1/models/${path}` });
    expect([gone.statusCode, gone.json()]).toMatchObject([404, { error: { code: 'model_not_found', param: 'model' } }]);
  });

  it('keeps base models', async () => {
    const api = await startApi();
    expect((await api.call({ method: 'DELETE', url: '/v1/models/preheat-1m' })).statusCode).toBe(400);
    expect((await api.call({ url: '/v1/models/preheat-1m' })).statusCode).toBe(200);
  });
});
