import { type FineTuningJob, type FineTuningJobEvent, KEYS, type ModelAlias } from '@preheat/contracts';
import { fineTunedModelName } from '@preheat/jobs';
import { describe, expect, it } from 'vitest';
import { workOnRun } from '../evaluation/work-on-run.js';
import { sweep } from '../sweep.js';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../test-kit/api-under-test.js';
import { EVAL_ROWS, jsonl, SFT_ROWS } from '../test-kit/rows.js';
import { EXACT, type RunsUnderTest, runsUnderTest, TEMPLATE, WORKER } from '../test-kit/runs-under-test.js';
import { TINY_BUNDLE } from '../test-kit/tiny-models.js';
import { WebhookDeliveries } from '../webhooks/webhook-deliveries.js';
import { WebhookEndpoints } from '../webhooks/webhook-endpoints.js';

const JOBS = '/v1/fine_tuning/jobs';

interface PublishingWorld extends RunsUnderTest {
  /** A gate over the rows, on criteria of which `always` passes and `never` does not. */
  gate(fields?: object): object;
  createJob(publish: object): Promise<FineTuningJob>;
  /** Ends a job as a runner would. */
  end(job: FineTuningJob, state?: 'succeeded' | 'failed'): Promise<string>;
  sweep(): Promise<void>;
  readJob(job: FineTuningJob): Promise<FineTuningJob>;
}

async function world(): Promise<PublishingWorld> {
  const never = { ...EXACT, name: 'never' };
  const always = { ...EXACT, name: 'always', operation: 'ne' };
  const runs = await runsUnderTest({ testing_criteria: [always, never] });
  const { api, worker } = runs;
  const { deps, call } = api;
  const file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
  const rows = await api.upload(jsonl(EVAL_ROWS), 'evals');
  const webhooks = new WebhookDeliveries(deps, new WebhookEndpoints(deps));
  const parts = { ...worker, jobQueue: deps.evaluationQueue, webhooks, orphanGraceMs: 3_600_000 };
  const data_source = {
    type: 'completions',
    source: { type: 'file_id', id: rows },
    input_messages: TEMPLATE,
    sampling_params: { temperature: 0, max_completion_tokens: 4 },
  };
  const require = [{ testing_criteria: 'always', min_pass_rate: 1 }];
  return {
    ...runs,
    gate: (fields) => ({ eval_id: runs.url.split('/')[3], data_source, require, ...fields }),
    createJob: async (publish) => {
      const payload = { model: 'preheat-1m', training_file: file, publish };
      const response = await call({ method: 'POST', url: JOBS, payload });
      if (response.statusCode !== 200) throw new Error(response.body);
      return response.json() as FineTuningJob;
    },
    end: async ({ id }, state = 'succeeded') => {
      const name = fineTunedModelName({ id, model: 'preheat-1m', projectId: 'proj-one', suffix: null });
      await publishTiny(api, name, id);
      await deps.jobs.documents.update(KEYS.job(id), (job) => ({
        ...job,
        state,
        finishedAtMs: deps.clock.nowMs(),
        fineTunedModel: state === 'succeeded' ? name : null,
      }));
      return name;
    },
    sweep: () => sweep(parts, { ringAfterMs: 60_000 }),
    readJob: async ({ id }) => (await call({ url: `${JOBS}/${id}` })).json() as FineTuningJob,
  };
}

async function publishTiny({ deps }: ApiUnderTest, name: string, jobId: string | null): Promise<void> {
  const record = { schemaVersion: 1 as const, name, kind: 'fine-tuned' as const, projectId: 'proj-one' };
  await deps.models.publish({ ...record, createdAtMs: 0, ownedBy: 'proj-one', prefix: TINY_BUNDLE, jobId, base: null });
}

const aliasOf = async (api: ApiUnderTest, alias: string) => (await api.call({ url: `/v1/x/aliases/${alias}` })).json();

async function lastEvent(api: ApiUnderTest, { id }: FineTuningJob): Promise<FineTuningJobEvent | undefined> {
  return ((await api.call({ url: `${JOBS}/${id}/events?limit=1` })).json() as { data: FineTuningJobEvent[] }).data[0];
}

describe('a job that asks for an alias', () => {
  it('moves it when it has succeeded, in one step that is never repeated', async () => {
    const { api, createJob, end, sweep, readJob } = await world();
    const job = await createJob({ alias: 'production' });
    expect(job.publication).toEqual({
      alias: 'production',
      gate: null,
      status: 'pending',
      eval_run_id: null,
      reasons: [],
    });
    await sweep();
    expect((await aliasOf(api, 'production')).error.code).toBe('not_found');
    const model = await end(job);
    await sweep();
    expect(await readJob(job)).toMatchObject({ publication: { status: 'published' }, fine_tuned_model: model });
    expect(await aliasOf(api, 'production')).toMatchObject({ model, fine_tuning_job_id: job.id, previous: [] });
    expect(await lastEvent(api, job)).toMatchObject({ level: 'info', data: { kind: 'published', model } });
    // Somebody moves it by hand; a sweep that comes again undoes nothing.
    await api.call({ method: 'POST', url: '/v1/x/aliases/production', payload: { model: 'preheat-4m' } });
    await api.deps.store.put(KEYS.publication(job.id), new Uint8Array());
    await sweep();
    expect(await aliasOf(api, 'production')).toMatchObject({ model: 'preheat-4m', previous: [{ model }] });
    expect((await api.deps.store.list(KEYS.publications)).entries).toEqual([]);
  });

  it('moves it after a crash between the move and the job saying so', async () => {
    const { api, createJob, end, sweep, readJob } = await world();
    const job = await createJob({ alias: 'production' });
    const model = await end(job);
    const amend = api.deps.jobs.amendPublication.bind(api.deps.jobs);
    api.deps.jobs.amendPublication = () => Promise.reject(new Error('the process is gone'));
    await sweep();
    api.deps.jobs.amendPublication = amend;
    expect((await readJob(job)).publication?.status).toBe('pending');
    await sweep();
    expect((await readJob(job)).publication?.status).toBe('published');
    expect(await aliasOf(api, 'production')).toMatchObject({ model, previous: [] });
  });

  it('does not move it when it failed', async () => {
    const { api, createJob, end, sweep, readJob } = await world();
    const job = await createJob({ alias: 'production' });
    await end(job, 'failed');
    await sweep();
    expect((await readJob(job)).publication).toMatchObject({ status: 'refused', reasons: ['The job failed'] });
    expect((await aliasOf(api, 'production')).error.code).toBe('not_found');
  });
});

describe('a gate', () => {
  it('runs its eval with the model of the job, once, and lets the alias move when all is reached', async () => {
    const { api, createJob, end, sweep, readJob, worker, gate } = await world();
    const job = await createJob({ alias: 'production', gate: gate({ samples_per_item: 1 }) });
    const model = await end(job);
    await sweep();
    await sweep();
    const { publication } = await readJob(job);
    expect(publication).toMatchObject({ status: 'evaluating', eval_run_id: expect.stringMatching(/^evalrun_/) });
    const { eval_id } = gate() as { eval_id: string };
    const runs = (await api.call({ url: `/v1/evals/${eval_id}/runs` })).json().data;
    expect(runs).toMatchObject([{ id: publication?.eval_run_id, model, name: `gate of ${job.id}` }]);
    await workOnRun(worker, { evalId: eval_id, runId: publication?.eval_run_id ?? '' }, WORKER);
    await sweep();
    expect((await readJob(job)).publication?.status).toBe('published');
    expect(await aliasOf(api, 'production')).toMatchObject({ model });
    await api.app.close();
  });

  it('keeps the alias where it was when something is not reached, and the job says what; the model stays callable', async () => {
    const { api, createJob, end, sweep, readJob, worker, gate } = await world();
    await api.call({ method: 'POST', url: '/v1/x/aliases/production', payload: { model: 'preheat-1m' } });
    const require = [
      { testing_criteria: 'always', min_pass_rate: 0.9 },
      { testing_criteria: 'never', min_pass_rate: 0.5, min_mean_score: 0.25 },
      { min_pass_rate: 0.1 },
    ];
    const job = await createJob({ alias: 'production', gate: gate({ require }) });
    const model = await end(job);
    await sweep();
    const { eval_id } = gate() as { eval_id: string };
    await workOnRun(worker, { evalId: eval_id, runId: (await readJob(job)).publication?.eval_run_id ?? '' }, WORKER);
    await sweep();
    const reasons = [
      'never: pass rate 0 is below 0.5',
      'never: mean score 0 is below 0.25',
      'all criteria: pass rate 0 is below 0.1',
    ];
    expect((await readJob(job)).publication).toMatchObject({ status: 'refused', reasons });
    expect(await aliasOf(api, 'production')).toMatchObject({ model: 'preheat-1m', previous: [] });
    expect(await lastEvent(api, job)).toMatchObject({ level: 'warn', data: { kind: 'publication_refused', reasons } });
    expect((await api.call({ url: `/v1/models/${model}` })).json()).toMatchObject({ id: model });
    await api.app.close();
  });

  it('refuses when its eval is gone', async () => {
    const { api, createJob, end, sweep, readJob, gate } = await world();
    const job = await createJob({ alias: 'production', gate: gate() });
    await end(job);
    await api.call({ method: 'DELETE', url: `/v1/evals/${(gate() as { eval_id: string }).eval_id}` });
    await sweep();
    expect((await readJob(job)).publication).toMatchObject({ status: 'refused', reasons: [/No eval with id/] });
  });

  it.each<[string, (world: PublishingWorld) => object, string]>([
    ['an alias that is a model', () => ({ alias: 'preheat-1m' }), 'publish.alias'],
    ['an alias that is no name', () => ({ alias: 'ft:x' }), 'publish.alias'],
    ['an unknown eval', ({ gate }) => ({ alias: 'a', gate: gate({ eval_id: 'eval_x' }) }), 'publish.gate.eval_id'],
    [
      'an unknown criterion',
      ({ gate }) => ({ alias: 'a', gate: gate({ require: [{ testing_criteria: 'x', min_pass_rate: 1 }] }) }),
      'publish.gate.require.0.testing_criteria',
    ],
    ['a demand of nothing', ({ gate }) => ({ alias: 'a', gate: gate({ require: [{}] }) }), 'publish.gate.require.0'],
    [
      'a score of everything',
      ({ gate }) => ({ alias: 'a', gate: gate({ require: [{ min_mean_score: 1 }] }) }),
      'publish.gate.require.0.min_mean_score',
    ],
    [
      'several greedy answers',
      ({ gate }) => ({ alias: 'a', gate: gate({ samples_per_item: 2 }) }),
      'publish.gate.samples_per_item',
    ],
    [
      'rows in the request',
      ({ gate }) => {
        const { data_source } = gate() as { data_source: object };
        const source = { type: 'file_content', content: EVAL_ROWS };
        return { alias: 'a', gate: gate({ data_source: { ...data_source, source } }) };
      },
      'publish.gate.data_source.source',
    ],
    [
      'a model of its own',
      ({ gate }) => {
        const { data_source } = gate() as { data_source: object };
        return { alias: 'a', gate: gate({ data_source: { ...data_source, model: 'preheat-1m' } }) };
      },
      'publish.gate.data_source.model',
    ],
  ])('is refused with %s', async (_, publish, param) => {
    const under = await world();
    const file = await under.api.upload(jsonl(SFT_ROWS), 'fine-tune');
    const payload = { model: 'preheat-1m', training_file: file, publish: publish(under) };
    const response = await under.api.call({ method: 'POST', url: JOBS, payload });
    expect([response.statusCode, response.json()]).toMatchObject([400, { error: { param } }]);
  });
});

describe('an alias', () => {
  it('answers, is listed and starts jobs as the model it stands for; deleting it leaves the model', async () => {
    const api = await startApi();
    await publishTiny(api, 'ft:a', null);
    const put = (model: string) => api.call({ method: 'POST', url: '/v1/x/aliases/best', payload: { model } });
    expect((await put('ft:a')).json()).toMatchObject({ object: 'model.alias', id: 'best', model: 'ft:a' });
    const messages = [{ role: 'user', content: 'cat' }];
    const chat = (model: string) =>
      api.call({ method: 'POST', url: '/v1/chat/completions', payload: { model, messages, seed: 1, max_tokens: 4 } });
    expect((await chat('best')).json().choices).toEqual((await chat('ft:a')).json().choices);
    expect((await api.call({ url: '/v1/models/best' })).json()).toMatchObject({ id: 'best', alias_of: 'ft:a' });
    const { data } = (await api.call({ url: '/v1/models' })).json() as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(['preheat-1m', 'preheat-4m', 'ft:a', 'best']);
    const training_file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
    const job = await api.call({ method: 'POST', url: JOBS, payload: { model: 'best', training_file } });
    expect(job.json()).toMatchObject({ model: 'ft:a' });
    expect((await api.call({ method: 'DELETE', url: '/v1/models/ft:a' })).json().error.message).toContain("'best'");
    await put('preheat-4m');
    expect((await api.call({ url: '/v1/x/aliases' })).json()).toMatchObject({
      data: [{ id: 'best', model: 'preheat-4m', previous: [{ model: 'ft:a' }] }],
    });
    expect((await api.call({ url: '/v1/x/aliases/best', key: OTHER_KEY })).statusCode).toBe(404);
    expect((await api.call({ method: 'DELETE', url: '/v1/models/best' })).json()).toMatchObject({ deleted: true });
    expect((await chat('best')).statusCode).toBe(404);
    expect((await api.call({ url: '/v1/models/preheat-4m' })).statusCode).toBe(200);
    await api.app.close();
  });

  it('is refused for a model that is not there, for the name of a model, and for a checkpoint that may be dropped', async () => {
    const { api, createJob } = await world();
    const put = async (alias: string, model: string) =>
      (await api.call({ method: 'POST', url: `/v1/x/aliases/${alias}`, payload: { model } })).json() as ModelAlias & {
        error: { code: string; param: string };
      };
    expect((await put('best', 'gpt-9')).error).toMatchObject({ code: 'model_not_available', param: 'model' });
    expect((await put('preheat-1m', 'preheat-4m')).error).toMatchObject({ param: 'alias' });
    await put('best', 'preheat-1m');
    expect((await put('other', 'best')).error).toMatchObject({ param: 'model' });
    const { id } = await createJob({ alias: 'x' });
    const name = 'ft:preheat-1m:proj-one::x:ckpt-step-1';
    const record = { schemaVersion: 1 as const, name, kind: 'checkpoint' as const, projectId: 'proj-one' };
    const rest = { createdAtMs: 0, ownedBy: 'proj-one', prefix: TINY_BUNDLE, jobId: id, base: null };
    await api.deps.models.publish({ ...record, ...rest });
    expect((await put('best', name)).error).toMatchObject({ code: 'invalid_request', param: 'model' });
  });
});
