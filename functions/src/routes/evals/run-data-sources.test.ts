import { describe, expect, it } from 'vitest';
import { passAtK } from '@preheat/graders';
import { type ApiUnderTest, startApi } from '../../test-kit/api-under-test.js';
import { EVAL_ROWS } from '../../test-kit/rows.js';
import { TINY_BUNDLE } from '../../test-kit/tiny-models.js';
import { publishToolModel } from '../../test-kit/tool-model.js';
import { COMPLETIONS, EXACT, type RunsUnderTest, runsUnderTest } from '../../test-kit/runs-under-test.js';

const STORED = { type: 'stored_completions' };

async function store(api: ApiUnderTest, word: string, metadata: Record<string, string>): Promise<string> {
  const payload = {
    model: 'preheat-1m',
    messages: [{ role: 'user', content: word }],
    max_tokens: 4,
    seed: 3,
    metadata,
  };
  const answer = await api.call({ method: 'POST', url: '/v1/chat/completions', payload: { ...payload, store: true } });
  await api.clock.advance(1000);
  return (answer.json() as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? '';
}

async function publishTinyModel({ deps }: ApiUnderTest, name: string): Promise<void> {
  const record = { schemaVersion: 1 as const, name, kind: 'checkpoint' as const, projectId: 'proj-one' };
  const rest = { createdAtMs: 0, ownedBy: 'proj-one', prefix: TINY_BUNDLE, jobId: null, base: null };
  await deps.models.publish({ ...record, ...rest });
}

async function storedWorld(): Promise<RunsUnderTest & { said: string[] }> {
  const api = await startApi();
  const said = [
    await store(api, 'cat', { team: 'a', n: '1' }),
    await store(api, 'dog', { team: 'b', n: '1' }),
    await store(api, 'bed', { team: 'a', n: '2' }),
  ];
  const data_source_config = { type: 'stored_completions', metadata: { team: 'a' } };
  const criterion = { ...EXACT, reference: '{{ item.metadata.n }}', operation: 'ne' };
  const world = await runsUnderTest({ data_source_config, testing_criteria: [criterion] }, api);
  return { ...world, said };
}

describe('a run over stored completions', () => {
  it('grades the stored answers as they are, those that the eval and the run both ask for', async () => {
    const { api, start, work, read, items, said } = await storedWorld();
    const run = await start({ type: 'completions', source: STORED });
    await store(api, 'fish', { team: 'a', n: '3' });
    await work(run);
    expect(await read(run)).toMatchObject({ status: 'completed', model: '', per_model_usage: null });
    const { data } = await items(run);
    expect(data.map((item) => item.sample)).toMatchObject([
      { input: [{ role: 'user', content: 'cat' }], output: [{ content: said[0] }], model: 'preheat-1m' },
      { input: [{ role: 'user', content: 'bed' }], output: [{ content: said[2] }], usage: { completion_tokens: 4 } },
    ]);
    expect(data[0]?.datasource_item).toMatchObject({ model: 'preheat-1m', metadata: { team: 'a', n: '1' } });
    const narrowed = await start({ type: 'completions', source: { ...STORED, metadata: { n: '2' }, limit: 1 } });
    expect(narrowed.result_counts.total).toBe(1);
    await api.app.close();
  });

  it('keeps the rows it was created with, although its creation is repeated when others are stored', async () => {
    const { api, url, work, read, items } = await storedWorld();
    const payload = { name: 'run', data_source: { type: 'completions', source: STORED } };
    const headers = { 'idempotency-key': 'one' };
    const create = () => api.call({ method: 'POST', url, payload, headers });
    const { put } = api.deps.store;
    // Dies after the rows are kept, before the run is stored.
    api.deps.store.put = (key, ...rest) =>
      key.endsWith('/run.json') ? Promise.reject(new Error('down')) : put.call(api.deps.store, key, ...rest);
    expect((await create()).statusCode).toBe(500);
    api.deps.store.put = put;
    await store(api, 'fish', { team: 'a', n: '3' });
    const run = (await create()).json() as { id: string };
    await work(run);
    expect(await read(run)).toMatchObject({ status: 'completed', result_counts: { total: 2 } });
    expect((await items(run)).data).toHaveLength(2);
    await api.app.close();
  });

  it('lets a model answer the stored conversations', async () => {
    const { api, start, work, read, items } = await storedWorld();
    const { created_at } = await start({ type: 'completions', source: STORED });
    const source = { ...STORED, created_after: created_at - 2, model: 'preheat-1m' };
    const sampling_params = { temperature: 0, max_completion_tokens: 2 };
    const run = await start({ type: 'completions', model: 'preheat-1m', source, sampling_params });
    await work(run);
    expect(await read(run)).toMatchObject({
      status: 'completed',
      per_model_usage: [{ model_name: 'preheat-1m', invocation_count: 1 }],
    });
    expect((await items(run)).data[0]?.sample).toMatchObject({ input: [{ content: 'bed' }], temperature: 0 });
    await api.app.close();
  });
});

it('a responses data source runs on rows like any other', async () => {
  const { api, start, work, read } = await runsUnderTest();
  const sampling_params = { ...COMPLETIONS.sampling_params, text: { format: { type: 'text' } }, tools: [] };
  const run = await start({ ...COMPLETIONS, type: 'responses', sampling_params });
  await work(run);
  expect(await read(run)).toMatchObject({ status: 'completed', model: 'preheat-1m', result_counts: { total: 4 } });
  await api.app.close();
});

describe('several answers to a row', () => {
  it('are output items of their own, and pass@k is estimated from them', async () => {
    const world = await runsUnderTest({ testing_criteria: [{ ...EXACT, reference: ' ', operation: 'like' }] });
    const { api, start, work, read, items } = world;
    const sampled = { ...COMPLETIONS, sampling_params: { temperature: 1, seed: 5, max_completion_tokens: 3 } };
    const run = await start(sampled, { samples_per_item: 6 });
    expect(run).toMatchObject({ samples_per_item: 6, pass_at_k: null, result_counts: { total: 24 } });
    await work(run);
    const first = await items(run, 'limit=8');
    const { data: rest } = await items(run, `limit=100&after=${first.last_id}`);
    const all = [...first.data, ...rest];
    expect(all.map((item) => [item.datasource_item_id, item.sample_index])).toEqual(
      Array.from({ length: 24 }, (_, i) => [Math.floor(i / 6), i % 6]),
    );
    const passed = [0, 1, 2, 3].map(
      (row) => all.filter((item) => item.datasource_item_id === row && item.status === 'pass').length,
    );
    expect(new Set(passed.map((c) => c > 0 && c < 6))).toContain(true);
    const ended = await read(run);
    const mean = (k: number) => passed.reduce((sum, c) => sum + passAtK(6, c, k), 0) / 4;
    expect(ended.pass_at_k?.map(({ testing_criteria, k }) => [testing_criteria, k])).toEqual(
      [null, 'exact'].flatMap((name) => [1, 2, 4, 6].map((k) => [name, k])),
    );
    for (const { k, value } of ended.pass_at_k ?? []) expect(value).toBeCloseTo(mean(k), 12);
    await api.app.close();
  });
});

describe('judges', () => {
  it('are told apart in the usage, and what they said stands with the result', async () => {
    const input = [{ role: 'user', content: [{ type: 'input_text', text: '{{ sample.output_text }}?' }] }];
    const judge = { type: 'score_model', name: 'judge', model: 'ft:judge', input };
    const sampling_params = { max_completions_tokens: 3, temperature: 0 };
    const api = await startApi();
    await publishTinyModel(api, 'ft:judge');
    const world = await runsUnderTest({ testing_criteria: [{ ...judge, sampling_params }] }, api);
    const { start, work, read, items } = world;
    const content = [...EVAL_ROWS, EVAL_ROWS[0]];
    const run = await start({ ...COMPLETIONS, source: { type: 'file_content', content } });
    await work(run);
    // The same answer to the same row is judged once.
    expect((await read(run)).per_model_usage).toMatchObject([
      { model_name: 'preheat-1m', invocation_count: 5 },
      { model_name: 'ft:judge', invocation_count: 4 },
    ]);
    expect((await items(run)).data[0]?.results[0]?.sample).toMatchObject({
      model: 'ft:judge',
      output: [{ role: 'assistant' }],
      max_completion_tokens: 3,
    });
    await api.app.close();
  });
});

it('an answer that a row did not bring is an error of the criteria that read it, and of no other', async () => {
  const known = { ...EXACT, name: 'known', input: '{{ item.word }}', reference: 'cat' };
  const { api, start, work, items } = await runsUnderTest({ testing_criteria: [known, EXACT] });
  const run = await start({ type: 'jsonl', source: COMPLETIONS.source });
  await work(run);
  const [first] = (await items(run)).data;
  expect(first).toMatchObject({
    status: 'error',
    results: [{ passed: true }, { passed: false, errors: [/no value/] }],
  });
  await api.app.close();
});

it('an item that does not fit the schema of the eval is refused in the request, and its own error in a file', async () => {
  const item_schema = { type: 'object', properties: { word: { type: 'string', maxLength: 3 } }, required: ['word'] };
  const world = await runsUnderTest({ data_source_config: { type: 'custom', item_schema } });
  const { api, url, start, work, items } = world;
  const payload = { data_source: COMPLETIONS };
  expect((await api.call({ method: 'POST', url, payload })).json()).toMatchObject({
    error: { code: 'invalid_request', param: 'data_source.source.content.3.item.word' },
  });
  const id = await api.upload(EVAL_ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''), 'evals');
  const run = await start({ ...COMPLETIONS, source: { type: 'file_id', id } });
  await work(run);
  const { data } = await items(run, 'status=error');
  expect(data).toMatchObject([{ datasource_item_id: 3, sample: { error: { code: 'invalid_item' } }, results: [] }]);
  await api.app.close();
});

const jsonSchema = (schema: object) => ({ type: 'json_schema', json_schema: { name: 'answer', schema } });
const VERDICT = {
  type: 'object',
  properties: { word: { enum: ['cat', 'dog'] }, sure: { type: 'boolean' } },
  required: ['word', 'sure'],
  additionalProperties: false,
};

describe('answers that are held to something', () => {
  const parses = { ...EXACT, name: 'word', input: '{{ sample.output_json.word }}', reference: 'cat' };

  it('are documents of the schema, whichever API it is written for', async () => {
    const { api, start, work, read, items } = await runsUnderTest({ testing_criteria: [parses] });
    const params = { seed: 5, max_completion_tokens: 100 };
    const { json_schema } = jsonSchema(VERDICT);
    const sources = [
      { ...COMPLETIONS, sampling_params: { ...params, response_format: jsonSchema(VERDICT) } },
      {
        ...COMPLETIONS,
        type: 'responses',
        sampling_params: { ...params, text: { format: { type: 'json_schema', ...json_schema } } },
      },
    ];
    const said: string[][] = [];
    for (const source of sources) {
      const run = await start(source, { samples_per_item: 4 });
      await work(run);
      expect(await read(run)).toMatchObject({ status: 'completed', result_counts: { total: 16, errored: 0 } });
      const { data } = await items(run, 'limit=100');
      said.push(data.map(({ sample }) => sample.output[0]?.content ?? ''));
      for (const { sample, status } of data) {
        const verdict = JSON.parse(sample.output[0]?.content ?? '') as { word: string; sure: unknown };
        expect([Object.keys(verdict), typeof verdict.sure]).toEqual([['word', 'sure'], 'boolean']);
        expect(status).toBe(verdict.word === 'cat' ? 'pass' : 'fail');
      }
    }
    expect(new Set(said[0]).size).toBeGreaterThan(1);
    expect(said[1]).toEqual(said[0]);
    await api.app.close();
  });

  it('end the run where the model has no token to go on with', async () => {
    const { api, start, work, read } = await runsUnderTest();
    const sampling_params = { max_completion_tokens: 20, response_format: jsonSchema({ enum: ['😀'] }) };
    const run = await start({ ...COMPLETIONS, sampling_params });
    await work(run);
    const message = expect.stringContaining('cannot write an answer of this format');
    expect(await read(run)).toMatchObject({ status: 'failed', error: { code: 'invalid_request', message } });
    await api.app.close();
  });

  it('may be calls of functions, which criteria read', async () => {
    const api = await startApi();
    const model = await publishToolModel(api, 'bare');
    const called = { ...EXACT, name: 'called', input: '{{ sample.output_tools[0].function.name }}', reference: 'now' };
    const world = await runsUnderTest({ testing_criteria: [called] }, api);
    const tools = [{ type: 'function', function: { name: 'now', strict: true } }];
    const schema = {
      type: 'object',
      properties: { name: { const: 'x' } },
      required: ['name'],
      additionalProperties: false,
    };
    const sampling_params = { seed: 3, max_completion_tokens: 300, tools, response_format: jsonSchema(schema) };
    const run = await world.start({ ...COMPLETIONS, model, sampling_params }, { samples_per_item: 8 });
    await world.work(run);
    const { data } = await world.items(run, 'limit=100');
    const statuses = data.map(({ sample, status }) => [sample.finish_reason, status]);
    // Where the model called nothing, there is nothing that the criterion could read.
    expect(new Set(statuses.map(String))).toEqual(new Set(['tool_calls,pass', 'stop,error']));
    await api.app.close();
  });
});

const sampling = (params: object) => ({ data_source: { ...COMPLETIONS, sampling_params: params } });
const messages = (input_messages: object) => ({ data_source: { ...COMPLETIONS, input_messages } });
const template = (content: unknown) => messages({ type: 'template', template: [{ role: 'user', content }] });
const PARAMS = 'data_source.sampling_params';

describe('refused with its reason', () => {
  it.each<[string, object, string, string]>([
    ['reasoning effort', sampling({ reasoning_effort: 'low' }), 'unsupported_parameter', `${PARAMS}.reasoning_effort`],
    [
      'tools that the template cannot list',
      sampling({ tools: [{ type: 'function', function: { name: 'f' } }] }),
      'invalid_request',
      `${PARAMS}.tools`,
    ],
    [
      'tools of the responses API',
      { data_source: { ...COMPLETIONS, type: 'responses', sampling_params: { tools: [{ type: 'web_search' }] } } },
      'unsupported_parameter',
      `${PARAMS}.tools`,
    ],
    [
      'a format that cannot be kept',
      sampling({ response_format: jsonSchema({ type: 'string', pattern: '(?=x)' }) }),
      'invalid_request',
      `${PARAMS}.response_format.json_schema.schema.pattern`,
    ],
    [
      'a format of the responses API that cannot be kept',
      {
        data_source: {
          ...COMPLETIONS,
          type: 'responses',
          sampling_params: {
            text: { format: { type: 'json_schema', name: 'a', schema: { type: 'number', multipleOf: 0.5 } } },
          },
        },
      },
      'invalid_request',
      `${PARAMS}.text.format.schema.multipleOf`,
    ],
    ['an unknown sampling field', sampling({ top_k: 3 }), 'invalid_request', `${PARAMS}.top_k`],
    ['an unknown field', { data_source: COMPLETIONS, retries: 3 }, 'invalid_request', 'retries'],
    [
      'a field of another source',
      { data_source: { type: 'jsonl', source: COMPLETIONS.source, model: 'x' } },
      'invalid_request',
      'data_source.model',
    ],
    [
      'an image',
      template([{ type: 'input_image', image_url: 'x' }]),
      'invalid_request',
      'data_source.input_messages.template.0.content.0',
    ],
    [
      'an answer in the question',
      template('{{ sample.output_text }}'),
      'invalid_request',
      'data_source.input_messages.template.0.content',
    ],
    ['no model for rows', { data_source: { ...COMPLETIONS, model: null } }, 'invalid_request', 'data_source.model'],
    [
      'no conversation',
      { data_source: { ...COMPLETIONS, input_messages: null } },
      'invalid_request',
      'data_source.input_messages',
    ],
    [
      'stored responses',
      { data_source: { ...COMPLETIONS, type: 'responses', source: { type: 'responses', users: ['x'] } } },
      'unsupported_parameter',
      'data_source.source',
    ],
    [
      'completions that nobody stored',
      { data_source: { ...COMPLETIONS, source: STORED } },
      'invalid_request',
      'data_source.source',
    ],
    [
      'several greedy answers',
      { data_source: COMPLETIONS, samples_per_item: 2 },
      'invalid_request',
      'samples_per_item',
    ],
    [
      'several answers where one is given',
      { data_source: { type: 'jsonl', source: COMPLETIONS.source }, samples_per_item: 2 },
      'invalid_request',
      'samples_per_item',
    ],
    ['a k above the answers', { data_source: COMPLETIONS, pass_at_k: [1, 2] }, 'invalid_request', 'pass_at_k.1'],
  ])('%s', async (_, payload, code, param) => {
    const { api, url } = await runsUnderTest();
    const response = await api.call({ method: 'POST', url, payload });
    expect([response.statusCode, response.json()]).toMatchObject([400, { error: { code, param } }]);
  });

  it('rows of a file in an eval of stored completions', async () => {
    const { api, url } = await storedWorld();
    const response = await api.call({ method: 'POST', url, payload: { data_source: COMPLETIONS } });
    expect(response.json()).toMatchObject({ error: { code: 'invalid_request', param: 'data_source.source' } });
    await api.app.close();
  });
});
