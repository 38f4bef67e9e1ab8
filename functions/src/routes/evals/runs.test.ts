import { type EvalRunObject, KEYS } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { answerDoorbell } from '../../evaluation/evaluation-worker.js';
import { sweepRuns } from '../../evaluation/sweep-runs.js';
import { workOnRun } from '../../evaluation/work-on-run.js';
import { FileLibrary } from '../../files/file-library.js';
import { sweepFileExpiries } from '../../files/sweep-file-expiries.js';
import { OTHER_KEY } from '../../test-kit/api-under-test.js';
import { multipartBody } from '../../test-kit/multipart.js';
import { EVAL_ROWS, jsonl } from '../../test-kit/rows.js';
import { COMPLETIONS, EXACT, runsUnderTest, WORKER } from '../../test-kit/runs-under-test.js';

/** Two answers right, one half right, one wrong. */
const GIVEN = {
  type: 'jsonl',
  source: {
    type: 'file_content',
    content: EVAL_ROWS.map(({ item }, index) => ({
      item,
      sample: { output_text: [item.references[0], item.references[0], 'B EH T', 'ZH'][index] },
    })),
  },
};
const world = () => runsUnderTest();

describe('a run over given samples', () => {
  it('is created queued with 201, and graded by every criterion', async () => {
    const { start, work, read, items } = await world();
    const run = await start(GIVEN);
    expect(run).toMatchObject({
      object: 'eval.run',
      status: 'queued',
      result_counts: { total: 4, errored: 0, failed: 0, passed: 0 },
      per_model_usage: null,
      error: null,
    });
    expect(await work(run)).toBe('ended');
    expect(await read(run)).toMatchObject({
      status: 'completed',
      result_counts: { total: 4, errored: 0, failed: 2, passed: 2 },
      per_testing_criteria_results: [
        { testing_criteria: 'per', passed: 3, failed: 1 },
        { testing_criteria: 'exact', passed: 2, failed: 2 },
      ],
    });
    const { data } = await items(run);
    expect(data.map((item) => [item.datasource_item_id, item.status])).toEqual([
      [0, 'pass'],
      [1, 'pass'],
      [2, 'fail'],
      [3, 'fail'],
    ]);
    expect(data[2]?.results[0]).toMatchObject({ name: 'per', type: 'phoneme_error_rate', passed: true });
    expect(data[2]?.results[0]?.score).toBeCloseTo(2 / 3);
  });

  it('counts an item that cannot be graded as errored, and says why', async () => {
    const { start, work, read, items } = await world();
    const content = [{ item: { word: 'cat' }, sample: { output_text: 'K' } }];
    const run = await start({ type: 'jsonl', source: { type: 'file_content', content } });
    await work(run);
    expect(await read(run)).toMatchObject({ status: 'completed', result_counts: { errored: 1, failed: 0 } });
    expect((await items(run)).data[0]).toMatchObject({ status: 'error', results: [{ score: 0, passed: false }, {}] });
    expect(JSON.stringify((await items(run)).data[0])).toContain('has no value in this item');
  });

  it('pages, filters and orders its results', async () => {
    const { start, work, items, api, url } = await world();
    const run = await start(GIVEN);
    await work(run);
    const seen = async (query: string) => (await items(run, query)).data.map((item) => item.datasource_item_id);
    const first = await items(run, 'limit=1');
    expect(first).toMatchObject({ has_more: true });
    expect(await seen(`after=${first.last_id}`)).toEqual([1, 2, 3]);
    expect(await seen('order=desc&limit=2')).toEqual([3, 2]);
    expect(await seen(`order=desc&after=${(await items(run, 'order=desc&limit=2')).last_id}`)).toEqual([1, 0]);
    expect(await seen('status=fail')).toEqual([2, 3]);
    const one = await api.call({ url: `${url}/${run.id}/output_items/${first.last_id}` });
    expect(one.json()).toEqual(first.data[0]);
    expect((await api.call({ url: `${url}/${run.id}/output_items/nothing` })).statusCode).toBe(404);
  });
});

describe('a run over completions', () => {
  it('generates with the model, reports usage, and repeats itself', async () => {
    const { start, work, read, items, api } = await world();
    const texts: string[][] = [];
    for (let round = 0; round < 2; round++) {
      const run = await start({
        ...COMPLETIONS,
        sampling_params: { temperature: 1, seed: 4, max_completion_tokens: 4 },
      });
      await work(run);
      expect(await read(run)).toMatchObject({
        status: 'completed',
        model: 'preheat-1m',
        per_model_usage: [{ model_name: 'preheat-1m', invocation_count: 4, cached_tokens: 0 }],
      });
      const { data } = await items(run);
      expect(data[0]?.sample).toMatchObject({ input: [{ role: 'user', content: 'cat' }], max_completion_tokens: 4 });
      texts.push(data.map((item) => item.sample.output[0]?.content ?? ''));
    }
    expect(texts[0]).toEqual(texts[1]);
    await api.app.close();
  });

  it('takes its conversation from the item, and its rows from a file', async () => {
    const { start, work, items, api } = await world();
    const rows = EVAL_ROWS.map(({ item }) => ({ item: { ...item, chat: [{ role: 'user', content: item.word }] } }));
    const id = await api.upload(jsonl(rows), 'evals');
    const input_messages = { type: 'item_reference', item_reference: 'item.chat' };
    const run = await start({ ...COMPLETIONS, source: { type: 'file_id', id }, input_messages });
    await work(run);
    expect((await items(run)).data.map((item) => item.sample.input[0]?.content)).toEqual(['cat', 'dog', 'bed', 'fish']);
    await api.app.close();
  });

  it('reads a file that expired after it was created', async () => {
    const { start, work, read, api } = await world();
    const form = multipartBody([
      { field: 'purpose', value: 'evals' },
      { field: 'expires_after[anchor]', value: 'created_at' },
      { field: 'expires_after[seconds]', value: '3600' },
      { field: 'file', filename: 'rows.jsonl', content: jsonl(EVAL_ROWS) },
    ]);
    const { id } = (await api.call({ method: 'POST', url: '/v1/files', ...form })).json() as { id: string };
    const run = await start({ ...COMPLETIONS, source: { type: 'file_id', id } });
    await api.clock.advance(4_300_000);
    await sweepFileExpiries({ ...api.deps, files: new FileLibrary(api.deps) });
    expect((await api.call({ url: `/v1/files/${id}` })).statusCode).toBe(404);
    await work(run);
    expect(await read(run)).toMatchObject({ status: 'completed', error: null, result_counts: { total: 4 } });
    await api.app.close();
  });

  it('goes on where a worker that died stopped, and ends with the same results', async () => {
    const { start, work, read, items, api, worker } = await world();
    const content = Array.from({ length: 150 }, (_, index) => EVAL_ROWS[index % 4] as (typeof EVAL_ROWS)[number]);
    const source = {
      ...COMPLETIONS,
      source: { type: 'file_content', content },
      sampling_params: { seed: 1, max_completion_tokens: 3 },
    };
    const whole = await start(source);
    await work(whole);
    const broken = await start(source);
    let segments = 0;
    const dying = new Proxy(api.deps.store, {
      get: (store, name) =>
        name === 'put'
          ? async (...args: Parameters<typeof store.put>) => {
              if (args[0].includes('/items/') && ++segments === 2) throw new Error('the machine is gone');
              return store.put(...args);
            }
          : Reflect.get(store, name).bind(store),
    });
    expect(await workOnRun({ ...worker, store: dying }, keyOf(broken), WORKER)).toBe('handed-over');
    expect(await read(broken)).toMatchObject({ status: 'queued', result_counts: { total: 150, errored: 0 } });
    expect((await items(broken, 'limit=1000')).data).toHaveLength(64);
    expect(await work(broken)).toBe('ended');
    const texts = async (run: { id: string }) =>
      (await items(run, 'limit=1000')).data.map((item) => [item.datasource_item_id, item.sample.output[0]?.content]);
    expect(await texts(broken)).toEqual(await texts(whole));
    const { result_counts, per_model_usage } = await read(whole);
    expect(await read(broken)).toMatchObject({ status: 'completed', result_counts, per_model_usage });
    await api.app.close();
  });

  it('hands over at a batch boundary when its time is up', async () => {
    const { start, work, api, worker } = await world();
    const content = Array.from({ length: 100 }, () => EVAL_ROWS[0] as (typeof EVAL_ROWS)[number]);
    const run = await start({ ...GIVEN, source: { type: 'file_content', content } });
    expect(await work(run, { deadlineMs: api.clock.nowMs() })).toBe('handed-over');
    const { visible } = await worker.evaluationQueue.depth();
    expect(visible).toBe(2);
    expect(await work(run)).toBe('ended');
  });
});

describe('a run whose rows take minutes', () => {
  it.each([1, 4, 10])('ends by workers that are stopped after 15 minutes, at %i minutes a row', async (minutes) => {
    const { start, read, worker, api } = await runsUnderTest({ testing_criteria: [EXACT] });
    const { clock } = api;
    const pool = await worker.openGraders();
    const content = Array.from({ length: 12 }, () => GIVEN.source.content[0] as object);
    const run = await start({ type: 'jsonl', source: { type: 'file_content', content } });
    let outcome: string = 'handed-over';
    for (let invocation = 0; outcome === 'handed-over' && invocation < 40; invocation++) {
      const stopMs = clock.nowMs() + 15 * 60_000;
      const gradeAll: typeof pool.gradeAll = async (grader, samples, options) => {
        const durationMs = minutes * 60_000 * samples.length;
        const isStopped = clock.nowMs() + durationMs > stopMs;
        await clock.advance(isStopped ? stopMs - clock.nowMs() : durationMs);
        if (isStopped) throw new Error('the function was stopped');
        return pool.gradeAll(grader, samples, options);
      };
      const graders = Object.assign(Object.create(pool), { gradeAll }) as typeof pool;
      const options = { ...WORKER, leaseTtlMs: 3_600_000, deadlineMs: stopMs - 60_000 };
      outcome = await workOnRun({ ...worker, openGraders: async () => graders }, keyOf(run), options);
    }
    expect(outcome).toBe('ended');
    expect(await read(run)).toMatchObject({
      status: 'completed',
      result_counts: { total: 12, passed: 12, errored: 0 },
    });
    await api.app.close();
  });
});

const keyOf = (run: EvalRunObject) => ({ evalId: run.eval_id, runId: run.id });

describe('canceling', () => {
  it.each(['/cancel', ''])('with POST to the run%s stops a worker and keeps what is there', async (suffix) => {
    const { api, url, start, read, worker } = await world();
    const content = Array.from({ length: 200 }, () => GIVEN.source.content[0] as object);
    const run = await start({ type: 'jsonl', source: { type: 'file_content', content } });
    const slow = new Proxy(api.deps.store, {
      get: (store, name) =>
        name === 'put'
          ? async (...args: Parameters<typeof store.put>) => {
              const result = await store.put(...args);
              if (args[0].includes('/items/') && args[0].includes('000000064')) {
                await api.call({ method: 'POST', url: `${url}/${run.id}${suffix}` });
              }
              return result;
            }
          : Reflect.get(store, name).bind(store),
    });
    expect(await workOnRun({ ...worker, store: slow }, keyOf(run), WORKER)).toBe('lost');
    expect(await read(run)).toMatchObject({ status: 'canceled', result_counts: { total: 200, passed: 64 } });
    expect((await api.call({ method: 'POST', url: `${url}/${run.id}${suffix}` })).json()).toMatchObject({
      status: 'canceled',
    });
  });
});

describe('a repeated create', () => {
  it('is the same run, by its key or as a retry of a client, and another one otherwise', async () => {
    const { api, url, start, read, work } = await world();
    const payload = { name: 'run', data_source: GIVEN };
    const post = async (headers: Record<string, string>, body: object = payload) =>
      (await api.call({ method: 'POST', url, payload: body, headers })).json();
    const first = await start(GIVEN);
    expect(await post({ 'x-stainless-retry-count': '1' })).toMatchObject({ id: first.id, status: 'queued' });
    await work(first);
    expect(await post({ 'x-stainless-retry-count': '2' })).toEqual(await read(first));
    expect((await start(GIVEN)).id).not.toBe(first.id);
    const keyed = await post({ 'idempotency-key': 'k' });
    expect(keyed).toMatchObject({ object: 'eval.run' });
    expect((await post({ 'idempotency-key': 'k' })).id).toBe(keyed.id);
    const { error } = await post({ 'idempotency-key': 'k' }, { ...payload, name: 'other' });
    expect(error).toMatchObject({ code: 'idempotency_mismatch' });
    expect((await api.call({ url })).json().data).toHaveLength(3);
    const elsewhere = await runsUnderTest({}, api);
    const sent = { method: 'POST', url: elsewhere.url, payload, headers: { 'idempotency-key': 'k' } } as const;
    expect((await api.call(sent)).json()).toMatchObject({ eval_id: expect.not.stringMatching(first.eval_id) });
  });

  it('is answered with the run although what it was created from is gone', async () => {
    const { api, url, work, read } = await world();
    const id = await api.upload(jsonl(EVAL_ROWS), 'evals');
    const payload = { name: 'run', data_source: { ...COMPLETIONS, source: { type: 'file_id', id } } };
    const post = (headers: Record<string, string>) => api.call({ method: 'POST', url, payload, headers });
    const [keyed, plain] = [await post({ 'idempotency-key': 'k' }), await post({})].map((made) => made.json());
    for (const run of [keyed, plain]) await work(run);
    expect((await api.call({ method: 'DELETE', url: `/v1/files/${id}` })).statusCode).toBe(200);
    expect((await post({ 'idempotency-key': 'k' })).json()).toEqual(await read(keyed));
    expect((await post({ 'x-stainless-retry-count': '1' })).json()).toEqual(await read(plain));
    expect((await post({ 'idempotency-key': 'other' })).statusCode).toBe(400);
  });

  it('is found by the sweeper when whoever began it died before, and stays deleted once it was deleted', async () => {
    const { api, url } = await world();
    const headers = { 'idempotency-key': 'k' };
    const post = () => api.call({ method: 'POST', url, payload: { name: 'run', data_source: GIVEN }, headers });
    const { id, eval_id: evalId } = (await post()).json() as EvalRunObject;
    await api.deps.store.delete(KEYS.activeRun(evalId, id));
    expect((await post()).json()).toMatchObject({ id });
    expect(await api.deps.store.head(KEYS.activeRun(evalId, id))).toBeDefined();
    await api.call({ method: 'DELETE', url: `${url}/${id}` });
    expect((await post()).statusCode).toBe(404);
  });
});

describe('the doorbell', () => {
  it('is answered once, and a message that makes no sense is dropped', async () => {
    const { start, read, worker } = await world();
    const run = await start(GIVEN);
    const message = { kind: 'eval_run', evalId: run.eval_id, runId: run.id };
    expect(await answerDoorbell(worker, message, WORKER)).toBe('ended');
    expect(await answerDoorbell(worker, message, WORKER)).toBe('left');
    expect(await answerDoorbell(worker, { kind: 'job', jobId: 'x' }, WORKER)).toBe('left');
    expect(await read(run)).toMatchObject({ status: 'completed' });
  });

  it('is rung again by the sweeper for a run that waits or whose worker died, and not for one that is in good hands', async () => {
    const { start, api, worker } = await world();
    const run = await start(GIVEN);
    const sweep = () => sweepRuns(worker.runs, api.deps, { ringAfterMs: 60_000 });
    expect(await sweep()).toEqual({ seen: 1, rung: 0, cleared: 0, failed: 0 });
    await api.clock.advance(60_000);
    expect(await sweep()).toEqual({ seen: 1, rung: 1, cleared: 0, failed: 0 });
    const key = KEYS.run(run.eval_id, run.id);
    const lease = { runnerId: 'dead', epoch: 1, expiresAtMs: api.clock.nowMs() + 1000 };
    await worker.runs.documents.update(key, (stored) => ({ ...stored, state: 'in_progress', lease, epoch: 1 }));
    expect(await sweep()).toMatchObject({ rung: 0 });
    await api.clock.advance(2000);
    expect(await sweep()).toMatchObject({ rung: 1 });
    await workOnRun(worker, keyOf(run), WORKER);
    expect(await sweep()).toMatchObject({ cleared: 1 });
    expect((await api.deps.store.list(KEYS.activeRuns)).entries).toEqual([]);
  });

  it('is swept although the document of another run is damaged', async () => {
    const { start, api, worker } = await world();
    const [damaged] = [await start(GIVEN), await start(GIVEN)];
    await api.deps.store.put(KEYS.run(damaged.eval_id, damaged.id), new TextEncoder().encode('{}'));
    await api.clock.advance(60_000);
    const swept = await sweepRuns(worker.runs, api.deps, { ringAfterMs: 60_000 });
    expect(swept).toEqual({ seen: 2, rung: 1, cleared: 0, failed: 1 });
  });
});

describe('refused', () => {
  it.each([
    ['an unknown model', { ...COMPLETIONS, model: 'gpt-9' }, 'model_not_available', 'data_source.model'],
    [
      'a template that does not parse',
      { ...COMPLETIONS, input_messages: { type: 'template', template: [{ role: 'user', content: '{{ word }}' }] } },
      'invalid_request',
      'data_source.input_messages.template.0.content',
    ],
    [
      'a reference that is no key',
      { ...COMPLETIONS, input_messages: { type: 'item_reference', item_reference: 'x' } },
      'invalid_request',
      'data_source.input_messages.item_reference',
    ],
    [
      'an unknown file',
      { ...COMPLETIONS, source: { type: 'file_id', id: 'file-none' } },
      'invalid_request',
      'data_source.source.id',
    ],
    ['an unknown data source', { type: 'batch' }, 'invalid_request', 'data_source.type'],
    [
      'no rows',
      { type: 'jsonl', source: { type: 'file_content', content: [] } },
      'invalid_request',
      'data_source.source.content',
    ],
    [
      'a row without item',
      { type: 'jsonl', source: { type: 'file_content', content: [{}] } },
      'invalid_request',
      'data_source.source.content.0.item',
    ],
  ])('%s', async (_, data_source, code, param) => {
    const { api, url } = await world();
    const response = await api.call({ method: 'POST', url, payload: { data_source } });
    expect([response.statusCode, response.json()]).toMatchObject([400, { error: { code, param } }]);
  });

  it('fails the run, not the worker, when the model is gone before its turn', async () => {
    const { api, start, work, read } = await world();
    const record = { schemaVersion: 1 as const, name: 'ft:gone', kind: 'checkpoint' as const, projectId: 'proj-one' };
    const rest = { createdAtMs: 0, ownedBy: 'proj-one', prefix: 'bundles/tiny', jobId: null, base: null };
    await api.deps.models.publish({ ...record, ...rest });
    const run = await start({ ...COMPLETIONS, model: 'ft:gone' });
    // A model in use is not deleted by request; its name may have gone all the same, by a race or an operator.
    expect((await api.call({ method: 'DELETE', url: '/v1/models/ft:gone' })).statusCode).toBe(409);
    await api.deps.store.delete(KEYS.model('proj-one', 'ft:gone'));
    expect(await work(run)).toBe('ended');
    expect(await read(run)).toMatchObject({ status: 'failed', error: { code: 'model_not_found' } });
  });
});

describe('runs', () => {
  it('are listed by status, deleted, and hidden from other projects', async () => {
    const { api, url, start, work } = await world();
    const first = await start(GIVEN);
    await api.clock.advance(1);
    const second = await start(GIVEN);
    await work(first);
    const list = async (query: string) =>
      ((await api.call({ url: `${url}?${query}` })).json() as { data: EvalRunObject[] }).data.map(({ id }) => id);
    expect(await list('')).toEqual([first.id, second.id]);
    expect(await list('order=desc')).toEqual([second.id, first.id]);
    expect(await list('status=queued')).toEqual([second.id]);
    for (const path of [url, `${url}/${first.id}`, `${url}/${first.id}/output_items`]) {
      expect((await api.call({ url: path, key: OTHER_KEY })).statusCode).toBe(404);
    }
    const deleted = await api.call({ method: 'DELETE', url: `${url}/${first.id}` });
    expect(deleted.json()).toEqual({ object: 'eval.run.deleted', deleted: true, run_id: first.id });
    expect((await api.deps.store.list(`evals/${first.eval_id}/runs/${first.id}/`)).entries).toEqual([]);
    expect(await list('')).toEqual([second.id]);
  });
});
