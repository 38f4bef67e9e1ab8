import { type EvalObject, KEYS } from '@preheat/contracts';
import type { ObjectStore } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { Evals } from '../../evaluation/evals.js';
import { sweepDoomedEvals } from '../../evaluation/forget-eval.js';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../../test-kit/api-under-test.js';
import { EXACT, GRADER } from '../../test-kit/rows.js';

const CONFIG = { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true };
const BODY = {
  name: 'sounds',
  data_source_config: CONFIG,
  testing_criteria: [{ ...GRADER, pass_threshold: 0.5 }, EXACT],
};

const create = (api: ApiUnderTest, payload: object) => api.call({ method: 'POST', url: '/v1/evals', payload });

describe('evals', () => {
  it('are created with 201 and the computed schema, and read back', async () => {
    const api = await startApi();
    const created = await create(api, { ...BODY, metadata: { k: 'v' } });
    expect(created.statusCode).toBe(201);
    expect(created.json()).toMatchObject({
      object: 'eval',
      name: 'sounds',
      metadata: { k: 'v' },
      data_source_config: { type: 'custom', schema: { type: 'object', required: ['item', 'sample'] } },
      testing_criteria: BODY.testing_criteria,
    });
    const { id } = created.json() as EvalObject;
    expect(id).toMatch(/^eval_/);
    expect((await api.call({ url: `/v1/evals/${id}` })).json()).toEqual(created.json());
  });

  it.each(['logs', 'stored_completions'])('of %s say what their rows hold', async (type) => {
    const api = await startApi();
    const created = await create(api, { ...BODY, data_source_config: { type, metadata: { team: 'a' } } });
    expect(created.json()).toMatchObject({
      data_source_config: {
        type,
        metadata: { team: 'a' },
        schema: { required: ['item', 'sample'], properties: { item: { required: expect.arrayContaining(['input']) } } },
      },
    });
  });

  it('read back with the threshold that decides where none was given', async () => {
    const judge = { model: 'preheat-1m', input: [{ role: 'user', content: '{{ sample.output_text }}' }] };
    const testing_criteria = [
      { ...EXACT, name: 'exact' },
      { type: 'label_model', name: 'label', ...judge, labels: ['a', 'b'], passing_labels: ['a'] },
      { type: 'score_model', name: 'score', ...judge, range: [0, 5] },
    ];
    const { testing_criteria: read } = (await create(await startApi(), { ...BODY, testing_criteria })).json() as {
      testing_criteria: { pass_threshold?: number }[];
    };
    expect(read.map(({ pass_threshold }) => pass_threshold)).toEqual([undefined, undefined, 5]);
  });

  it('are listed oldest first, or newest first, page by page', async () => {
    const api = await startApi();
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      ids.push(((await create(api, { ...BODY, name })).json() as EvalObject).id);
      await api.clock.advance(1);
    }
    const list = async (query: string) => (await api.call({ url: `/v1/evals?${query}` })).json();
    expect(await list('limit=2')).toMatchObject({ has_more: true, first_id: ids[0], last_id: ids[1] });
    expect(await list(`limit=2&after=${ids[1]}`)).toMatchObject({ has_more: false, first_id: ids[2] });
    expect(await list('order=desc&limit=2&order_by=created_at')).toMatchObject({ first_id: ids[2], last_id: ids[1] });
    expect(await list('order_by=updated_at')).toMatchObject({ error: { param: 'order_by' } });
  });

  it('keep a change that was made between the read and the write of another', async () => {
    const { deps, ...api } = await startApi();
    const { id } = (await create({ deps, ...api }, BODY)).json() as EvalObject;
    let raced = false;
    const get: ObjectStore['get'] = async (key) => {
      const found = await deps.store.get(key);
      if (!raced) await new Evals(deps).update('proj-one', id, { metadata: { a: 'b' } });
      raced = true;
      return found;
    };
    const put: ObjectStore['put'] = (...request) => deps.store.put(...request);
    const renamed = await new Evals({ ...deps, store: { get, put } as ObjectStore }).update('proj-one', id, {
      name: 'new',
    });
    expect(renamed).toMatchObject({ name: 'new', metadata: { a: 'b' } });
    expect((await api.call({ url: `/v1/evals/${id}` })).json()).toMatchObject({ name: 'new', metadata: { a: 'b' } });
  });

  it('are renamed and deleted', async () => {
    const api = await startApi();
    const { id } = (await create(api, BODY)).json() as EvalObject;
    const url = `/v1/evals/${id}`;
    const renamed = await api.call({ method: 'POST', url, payload: { name: 'new', metadata: { a: 'b' } } });
    expect(renamed.json()).toMatchObject({ id, name: 'new', metadata: { a: 'b' } });
    expect((await api.call({ method: 'DELETE', url, key: OTHER_KEY })).statusCode).toBe(404);
    expect((await api.call({ method: 'DELETE', url })).json()).toEqual({
      object: 'eval.deleted',
      deleted: true,
      eval_id: id,
    });
    expect((await api.call({ url })).statusCode).toBe(404);
    expect((await api.deps.store.list('evals/')).entries).toEqual([]);
  });

  it('are deleted with more runs than a request has time for: the sweeper goes on', async () => {
    const api = await startApi();
    const { store } = api.deps;
    const { id } = (await create(api, BODY)).json() as EvalObject;
    for (let run = 0; run < 120; run++) await store.put(KEYS.runRows(id, `evalrun_${run}`), new Uint8Array());
    const remove = store.delete.bind(store);
    store.delete = async (key) => {
      await api.clock.advance(1000);
      return remove(key);
    };
    expect((await api.call({ method: 'DELETE', url: `/v1/evals/${id}` })).statusCode).toBe(200);
    store.delete = remove;
    expect((await api.call({ url: '/v1/evals' })).json()).toMatchObject({ data: [] });
    expect((await store.list('evals/')).entries.length).toBeGreaterThan(0);
    expect(await sweepDoomedEvals(api.deps)).toEqual({ deleted: 1, failed: 0 });
    const left = await Promise.all(['evals/', KEYS.doomedEvals].map((prefix) => store.list(prefix)));
    expect(left.flatMap(({ entries }) => entries)).toEqual([]);
    await api.app.close();
  });

  it('whose deletion died half way are gone after the next sweep, from the list too', async () => {
    const api = await startApi();
    const { store } = api.deps;
    const { id } = (await create(api, BODY)).json() as EvalObject;
    const remove = store.delete.bind(store);
    store.delete = () => Promise.reject(new Error('down'));
    expect((await api.call({ method: 'DELETE', url: `/v1/evals/${id}` })).statusCode).toBe(500);
    store.delete = remove;
    expect(await sweepDoomedEvals(api.deps)).toEqual({ deleted: 1, failed: 0 });
    expect((await api.call({ url: `/v1/evals/${id}` })).statusCode).toBe(404);
    expect((await store.list(KEYS.evaluationIndex('proj-one'))).entries).toEqual([]);
    await api.app.close();
  });

  it.each([
    ['no criteria', { testing_criteria: [] }, 'invalid_request', 'testing_criteria'],
    [
      'a criterion that does not compile',
      { testing_criteria: [{ ...EXACT, input: '{{x}}' }] },
      'invalid_grader',
      'testing_criteria.0.input',
    ],
    [
      'a score without a threshold',
      { testing_criteria: [GRADER] },
      'invalid_request',
      'testing_criteria.0.pass_threshold',
    ],
    ['a name used twice', { testing_criteria: [EXACT, EXACT] }, 'invalid_request', 'testing_criteria.1.name'],
    ['another data source', { data_source_config: { type: 'csv' } }, 'invalid_request', 'data_source_config.type'],
    ['an unknown field', { shuffle: true }, 'invalid_request', 'shuffle'],
    ...(
      [
        ['a reference', { $ref: '#' }, '$ref'],
        ['a regular expression', { properties: { word: { pattern: '(a+)+$' } } }, 'properties.word.pattern'],
        ['an unknown type', { properties: { word: { type: 'text' } } }, 'properties.word.type'],
        ['a schema that is none', { properties: { word: 3 } }, 'properties.word'],
      ] as const
    ).map(([what, item_schema, at]): [string, object, string, string] => [
      `an item_schema with ${what}`,
      { data_source_config: { type: 'custom', item_schema } },
      'invalid_request',
      `data_source_config.item_schema.${at}`,
    ]),
    ['too much metadata', { metadata: { k: 'v'.repeat(513) } }, 'invalid_request', 'metadata.k'],
  ])('are refused with %s', async (_, fields, code, param) => {
    const response = await create(await startApi(), { ...BODY, ...fields });
    expect([response.statusCode, response.json()]).toMatchObject([400, { error: { code, param } }]);
  });
});
