/** Project isolation, from outside, for every route there is: a route that nothing is said about here fails. */
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeys } from './access/api-keys.js';
import { type ApiUnderTest, KEY, OTHER_KEY, startApi } from './test-kit/api-under-test.js';
import { CRITERION, JSONL_SOURCE, OwnedThings, PART, WEBHOOK } from './test-kit/owned-things.js';
import { SFT_ROWS } from './test-kit/rows.js';

let api: ApiUnderTest;
let things: OwnedThings;
beforeEach(async () => {
  api = await startApi();
  things = new OwnedThings(api);
});
afterEach(() => api.app.close());

const { app } = await startApi();
await app.ready();
const ROUTES = app.routeTable
  .flatMap(({ url, methods, config }) => methods.map((method) => ({ name: `${method} ${url}`, method, url, config })))
  .filter(({ method }) => method !== 'HEAD');
await app.close();
const isAdmin = (route: (typeof ROUTES)[number]) => route.config.admin === true;
const parametersOf = (url: string) =>
  url.split('/').flatMap((part) => (/^[:*]/.test(part) ? [part.replace(':', '')] : []));

/** What a route with an id in its path is sent, beside that; the owner is not refused for it. */
const BODIES: Record<string, (things: OwnedThings) => Promise<object> | object | undefined> = {
  'POST /v1/uploads/:upload_id/parts': () => PART,
  'POST /v1/x/uploads/:upload_id/parts': () => ({ payload: { bytes: 3, sha256: '0'.repeat(64) } }),
  'POST /v1/uploads/:upload_id/complete': async (of) => ({ payload: { part_ids: [await of.named('part_id')] } }),
  'POST /v1/fine_tuning/checkpoints/:model_checkpoint/permissions': () => ({
    payload: { project_ids: ['proj-three'] },
  }),
  'POST /v1/chat/completions/:completion_id': () => ({ payload: { metadata: { a: 'b' } } }),
  'POST /v1/webhook_endpoints/:webhook_endpoint_id': () => ({ payload: { name: 'other' } }),
  'POST /v1/webhook_endpoints/:webhook_endpoint_id/test': () => ({ payload: { event_type: WEBHOOK.event_types[0] } }),
  'POST /v1/evals/:eval_id': () => ({ payload: { name: 'other' } }),
  'GET /v1/x/evals/:eval_id/compare': async (of) => ({ query: await runWithItself(of) }),
  'POST /v1/x/evals/:eval_id/compare': async (of) => ({ payload: await runWithItself(of) }),
  'POST /v1/x/models/:model/expiry': () => ({ payload: { expires_in_seconds: 3_600 } }),
  'POST /v1/evals/:eval_id/runs': () => ({ payload: { data_source: JSONL_SOURCE } }),
};
async function runWithItself(of: OwnedThings): Promise<{ baseline: string; candidate: string }> {
  await of.named('item_id');
  return { baseline: await of.named('run_id'), candidate: await of.named('run_id') };
}
/** Writes a name of the caller's own project, whatever others call theirs. */
const OWN_NAMES = 'POST /v1/x/aliases/:alias';
/** The state of a thing just made, or what cannot be done with it here, which only its owner is told. */
const OWNERS_REFUSALS = ['invalid_job_state', 'invalid_upload_state', 'direct_upload_unavailable'];

describe('an id in a path', () => {
  const routes = ROUTES.filter(({ url }) => parametersOf(url).length > 0).filter(
    (route) => !isAdmin(route) && route.name !== OWN_NAMES,
  );

  it.each(routes)('of another project is not found and not touched: $name', async ({ name, method, url }) => {
    const values = new Map<string, string>();
    for (const parameter of parametersOf(url)) values.set(parameter, await pathValue(url, parameter));
    const body = (await BODIES[name]?.(things)) ?? {};
    const send = (key: string, of: (value: string) => string) => {
      const path = url.replace(/:(\w+)|\*/g, (whole, parameter?: string) =>
        encodeURIComponent(of(values.get(parameter ?? whole) ?? '')),
      );
      return api.call({ ...body, method: method as 'GET', url: path, key });
    };
    const foreign = await send(OTHER_KEY, (value) => value);
    const absent = await send(OTHER_KEY, (value) => value.replace(/.$/, 'Q'));
    expect(foreign.statusCode).toBe(404);
    expect(withoutIds(foreign, [...values.values()])).toEqual(withoutIds(absent, [...values.values()]));
    const own = await send(KEY, (value) => value);
    if (own.statusCode >= 300) expect(OWNERS_REFUSALS, own.body).toContain(errorOf(own)['code']);
  });

  async function pathValue(url: string, parameter: string): Promise<string> {
    if (url.includes('/x/exports/') && parameter === '*') return 'config.json';
    return things.named(parameter);
  }

  it('of an own eval lets no run read the file or call the model of another project', async () => {
    const payload = { data_source_config: { type: 'custom', item_schema: {} }, testing_criteria: [CRITERION] };
    const { id } = (await api.call({ method: 'POST', url: '/v1/evals', payload, key: OTHER_KEY })).json() as {
      id: string;
    };
    const source = (file: string) => ({ type: 'jsonl', source: { type: 'file_id', id: file } });
    const sampled = (model: string) => ({ ...JSONL_SOURCE, type: 'completions', model, input_messages: TEMPLATE });
    for (const [thing, of] of [
      [await things.named('file_id'), source],
      [await things.named('model'), sampled],
    ] as const) {
      const start = (named: string) =>
        api.call({ method: 'POST', url: `/v1/evals/${id}/runs`, payload: { data_source: of(named) }, key: OTHER_KEY });
      const foreign = await start(thing);
      expect(foreign.statusCode).toBe(400);
      expect(withoutIds(foreign, [thing])).toEqual(withoutIds(await start(thing.replace(/.$/, 'Q')), [thing]));
    }
  });

  it('lets an alias stand for no model of another project, and moves no alias of another project', async () => {
    const [alias, model] = [await things.named('alias'), await things.named('model')];
    const url = `/v1/x/aliases/${alias}`;
    const move = (named: string) => api.call({ method: 'POST', url, payload: { model: named }, key: OTHER_KEY });
    const foreign = await move(model);
    expect(foreign.statusCode).toBe(400);
    expect(withoutIds(foreign, [model])).toEqual(withoutIds(await move(model.replace(/.$/, 'Q')), [model]));
    expect((await move('preheat-1m')).statusCode).toBe(200);
    expect((await api.call({ url })).json()).toMatchObject({ model });
  });

  it('streams no event of another project', async () => {
    const url = `/v1/fine_tuning/jobs/${await things.named('job_id')}/events?stream=true`;
    expect((await api.call({ url, key: OTHER_KEY })).statusCode).toBe(404);
  });
});

type Refers = (id: string) => InjectOptions;
type Case =
  | { readonly kind: 'holds nothing of a project' }
  /** A list that must not show what another project has. */
  | { readonly kind: 'lists'; readonly parameter: string }
  /** Requests that name what another project has. */
  | { readonly kind: 'refers'; readonly by: readonly (readonly [parameter: string, request: Refers])[] };

const NOTHING: Case = { kind: 'holds nothing of a project' };
const lists = (parameter: string): Case => ({ kind: 'lists', parameter });
const refers = (parameter: string, ...requests: ((id: string) => object)[]): Case => ({
  kind: 'refers',
  by: requests.map((request) => [parameter, (id) => ({ payload: request(id) })]),
});
const jobReferences: Case = {
  kind: 'refers',
  by: [
    ['file_id', (file) => ({ payload: { model: 'preheat-1m', training_file: file } })],
    ['file_id', (file) => ({ payload: { model: 'preheat-1m', training_file: file, validation_file: file } })],
    ['model', (model) => ({ payload: { model, training_file: 'file-none' } })],
  ],
};
const judge = (model: string) => ({
  type: 'score_model',
  name: 'judge',
  model,
  input: [{ role: 'user', content: 'cat' }],
  pass_threshold: 0.5,
});
const messages = [{ role: 'user', content: 'cat' }];
const TEMPLATE = { type: 'template', template: messages };

const CASES: Record<string, Case> = {
  'GET /healthz': NOTHING,
  'GET /openapi.json': NOTHING,
  'GET /v1/x/limits': NOTHING,
  'GET /v1/webhook_event_types': NOTHING,
  'POST /v1/files': NOTHING,
  'POST /v1/uploads': NOTHING,
  'POST /v1/webhook_endpoints': NOTHING,
  'GET /v1/files': lists('file_id'),
  'GET /v1/fine_tuning/jobs': lists('job_id'),
  'GET /v1/models': lists('model'),
  'GET /v1/chat/completions': lists('completion_id'),
  'GET /v1/webhook_endpoints': lists('webhook_endpoint_id'),
  'GET /v1/evals': lists('eval_id'),
  'GET /v1/x/aliases': lists('alias'),
  'POST /v1/fine_tuning/jobs': jobReferences,
  'POST /v1/x/preflight': jobReferences,
  'POST /v1/chat/completions': refers('model', (model) => ({ model, messages, max_tokens: 2 })),
  'POST /v1/completions': refers('model', (model) => ({ model, prompt: 'cat', max_tokens: 2 })),
  'POST /v1/fine_tuning/alpha/graders/run': refers('model', (model) => ({ grader: judge(model), model_sample: 'x' })),
  'POST /v1/fine_tuning/alpha/graders/validate': refers('model', (model) => ({ grader: judge(model) })),
  'POST /v1/evals': refers('model', (model) => ({
    data_source_config: { type: 'custom', item_schema: {} },
    testing_criteria: [judge(model)],
  })),
  'POST /v1/x/models': refers('file_id', (file) => ({
    name: 'mine',
    check_only: true,
    files: [{ path: 'config.json', bytes: JSON.stringify(SFT_ROWS).length, parts: [file] }],
  })),
  'POST /v1/x/exports': refers('model', (model) => ({ model, format: 'hf' })),
};

describe('a route without an id in its path', () => {
  const routes = ROUTES.filter(({ url }) => parametersOf(url).length === 0).filter((route) => !isAdmin(route));

  it.each(routes)('shows nothing of another project: $name', async ({ name, method, url }) => {
    const known = CASES[name];
    if (!known) throw new Error(`'${name}' is new: say in CASES what of another project it could show or use`);
    if (known.kind === 'lists') await assertHidden(url, await things.named(known.parameter));
    if (known.kind !== 'refers') return;
    for (const [parameter, request] of known.by) {
      const id = await things.named(parameter);
      const send = (key: string, named: string) => api.call({ ...request(named), method: method as 'POST', url, key });
      const foreign = await send(OTHER_KEY, id);
      const absentId = id.replace(/.$/, 'Q');
      expect(foreign.statusCode, foreign.body).toBeGreaterThanOrEqual(400);
      expect(withoutIds(foreign, [id])).toEqual(withoutIds(await send(OTHER_KEY, absentId), [id]));
      expect(withoutIds(await send(KEY, id), [id])).not.toEqual(withoutIds(foreign, [id]));
    }
  });

  async function assertHidden(url: string, id: string): Promise<void> {
    expect((await api.call({ url })).body).toContain(id);
    expect((await api.call({ url, key: OTHER_KEY })).body).not.toContain(id);
    const after = await api.call({ url: `${url}?after=${id}`, key: OTHER_KEY });
    expect(after.body).not.toContain(`"id":"${id}"`);
  }

  it('keeps idempotency keys apart by project', async () => {
    const create = async (key: string, file: string) => {
      const payload = { model: 'preheat-1m', training_file: file };
      const headers = { 'idempotency-key': 'the same' };
      return api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload, headers, key });
    };
    const file = await things.named('file_id');
    const { id } = (await create(KEY, file)).json() as { id: string };
    expect((await create(KEY, file)).json()).toMatchObject({ id });
    const other = await create(OTHER_KEY, file);
    expect([other.statusCode, other.body.includes(id)]).toEqual([400, false]);
  });
});

describe('an admin key', () => {
  it('is refused by every route of a project, and asked for by every other', async () => {
    const { value } = await new ApiKeys(api.deps).issue({ role: 'admin', projectId: null, name: 'ops' });
    const isPublic = (route: (typeof ROUTES)[number]) => route.config.public === true;
    const takesBoth = ROUTES.filter(({ config }) => config.admin === 'too');
    expect(new Set(takesBoth.map(({ url }) => url.replace(/\/:permission_id$/, '')))).toEqual(
      new Set(['/v1/fine_tuning/checkpoints/:model_checkpoint/permissions']),
    );
    const kinds = ROUTES.filter((route) => !isPublic(route) && !takesBoth.includes(route));
    expect(kinds.filter(isAdmin).length).toBeGreaterThan(3);
    for (const route of kinds) {
      const request = { method: route.method as 'GET', url: route.url.replace(/:\w+|\*/g, 'x') };
      const [asAdmin, asProject] = [await api.call({ ...request, key: value }), await api.call(request)];
      const refused = isAdmin(route) ? asProject : asAdmin;
      const taken = isAdmin(route) ? asAdmin : asProject;
      expect([route.name, refused.statusCode, errorOf(refused)['code']]).toEqual([
        route.name,
        403,
        'permission_denied',
      ]);
      expect([route.name, taken.statusCode]).not.toEqual([route.name, 403]);
    }
  });
});

const errorOf = (answer: LightMyRequestResponse): Record<string, unknown> =>
  (answer.json() as { error: Record<string, unknown> }).error;

/** The answer as it would be for any id. */
function withoutIds({ statusCode, body, headers }: LightMyRequestResponse, ids: readonly string[]): unknown {
  let text = body;
  for (const id of ids) for (const one of [id, id.replace(/.$/, 'Q')]) text = text.replaceAll(one, '<id>');
  const names = Object.keys(headers).filter((name) => !/^(x-ratelimit|date|content-length)/.test(name));
  return { statusCode, text, names };
}
