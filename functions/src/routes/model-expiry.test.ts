/** Deleting, expiring and forking models from outside: refused while something uses them, told when they are gone. */
import { KEYS, type ModelRecord } from '@preheat/contracts';
import { ActiveRuns, collectJobs } from '@preheat/jobs';
import type { JsonValue } from '@preheat/ports';
import { MemoryWorkQueue } from '@preheat/adapters/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collectImports } from '../models/collect-imports.js';
import { sweepExpiries, TOLD_MS } from '../models/sweep-expiries.js';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../test-kit/api-under-test.js';
import { JSONL_SOURCE } from '../test-kit/owned-things.js';
import { jsonl, SFT_ROWS } from '../test-kit/rows.js';
import { TINY_BUNDLE } from '../test-kit/tiny-models.js';

const CHECKPOINT = 'ft:preheat-1m:proj-one:words:job1:ckpt-step-5';
const GRACE_MS = 3_600_000;

interface Body {
  readonly id: string;
  readonly training_file: string;
  readonly starts_from: unknown;
}

let api: ApiUnderTest;
beforeEach(async () => {
  api = await startApi();
  await publish(CHECKPOINT);
});
afterEach(() => api.app.close());

const record = (name: string): ModelRecord => ({
  schemaVersion: 1,
  name,
  kind: 'checkpoint',
  projectId: 'proj-one',
  createdAtMs: 1,
  ownedBy: 'proj-one',
  prefix: TINY_BUNDLE,
  jobId: 'ftjob-job1',
  base: 'preheat-1m',
});
const publish = (name: string, more: Partial<ModelRecord> = {}) =>
  api.deps.models.publish({ ...record(name), ...more });
const remove = async (url: string) => {
  const answer = await api.call({ method: 'DELETE', url });
  return [answer.statusCode, (answer.json() as { error?: { code: string; message: string } }).error] as const;
};
const model = (name: string) => `/v1/models/${encodeURIComponent(name)}`;
const expiry = (name: string) => `/v1/x/models/${encodeURIComponent(name)}/expiry`;
const post = async (url: string, payload: object, key?: string) => {
  const answer = await api.call({ method: 'POST', url, payload, ...(key ? { key } : {}) });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() as Body };
};
const sweep = () => sweepExpiries({ ...api.deps }, { orphanGraceMs: GRACE_MS });
const fork = async (from: string, key?: string) => {
  const file = await api.upload(jsonl(SFT_ROWS), 'fine-tune', 'sft.jsonl');
  return post('/v1/fine_tuning/jobs', { model: from, training_file: file }, key);
};

describe('a model in use', () => {
  it('is not deleted while a job that started from it has not ended; the answer names the job and is not retried', async () => {
    const { body: job } = await fork(CHECKPOINT);
    const answer = await api.call({ method: 'DELETE', url: model(CHECKPOINT) });
    expect([answer.statusCode, answer.headers['x-should-retry']]).toEqual([409, 'false']);
    expect(answer.json()).toMatchObject({ error: { code: 'model_in_use', message: expect.stringContaining(job.id) } });
    await post(`/v1/fine_tuning/jobs/${job.id}/cancel`, {});
    expect(await remove(model(CHECKPOINT))).toEqual([200, undefined]);
  });

  it('is not deleted while an alias stands for it, a run samples from it, or an adapter is on it', async () => {
    await post('/v1/x/aliases/best', { model: CHECKPOINT });
    expect(await remove(model(CHECKPOINT))).toMatchObject([409, { message: expect.stringContaining("alias 'best'") }]);
    await api.call({ method: 'DELETE', url: '/v1/x/aliases/best' });

    const config = { data_source_config: { type: 'custom', item_schema: {} } };
    const criterion = { type: 'string_check', name: 'x', input: '{{ item.word }}', reference: 'x', operation: 'eq' };
    const { body: evaluation } = await post('/v1/evals', { ...config, testing_criteria: [criterion] });
    const template = { type: 'template', template: [{ role: 'user', content: 'cat' }] };
    const source = { ...JSONL_SOURCE, type: 'completions', model: CHECKPOINT, input_messages: template };
    const { body: run } = await post(`/v1/evals/${evaluation.id}/runs`, { data_source: source });
    expect(await remove(model(CHECKPOINT))).toMatchObject([409, { message: expect.stringContaining(run.id) }]);
    await api.call({ method: 'POST', url: `/v1/evals/${evaluation.id}/runs/${run.id}` });

    await publish('mine', { kind: 'imported', jobId: null, prefix: 'imports/proj-one/x', needs: [TINY_BUNDLE] });
    await api.deps.store.put(KEYS.user(TINY_BUNDLE, 'model-proj-one+mine'), new Uint8Array());
    expect(await remove(model(CHECKPOINT))).toMatchObject([409, { message: expect.stringContaining("model 'mine'") }]);
    expect(await remove(model('mine'))).toEqual([200, undefined]);
    await api.clock.advance(GRACE_MS);
    expect(await remove(model(CHECKPOINT))).toEqual([200, undefined]);
  });

  it('a file is not deleted while a job reads it', async () => {
    const { body: job } = await fork('preheat-1m');
    const url = `/v1/files/${job.training_file}`;
    expect(await remove(url)).toMatchObject([409, { code: 'file_in_use', message: expect.stringContaining(job.id) }]);
    await post(`/v1/fine_tuning/jobs/${job.id}/cancel`, {});
    expect(await remove(url)).toEqual([200, undefined]);
  });
});

describe('an expiry', () => {
  it('is set, read, moved and lifted', async () => {
    expect((await api.call({ url: expiry(CHECKPOINT) })).json()).toMatchObject({ model: CHECKPOINT, expires_at: null });
    const now = Math.floor(api.clock.nowMs() / 1000);
    const set = await post(expiry(CHECKPOINT), { expires_in_seconds: 3_600 });
    expect(set.body).toEqual({ object: 'model.expiry', model: CHECKPOINT, expires_at: now + 3_600 });
    expect((await api.call({ url: model(CHECKPOINT) })).json()).toMatchObject({ expires_at: now + 3_600 });
    await post(expiry(CHECKPOINT), { expires_at: now + 7_200 });
    await api.clock.advance(3_700_000);
    expect(await sweep()).toMatchObject({ expired: 0 });
    expect((await api.call({ method: 'DELETE', url: expiry(CHECKPOINT) })).json()).toMatchObject({ expires_at: null });
    await api.clock.advance(7_200_000);
    expect(await sweep()).toMatchObject({ expired: 0, failed: 0 });
    expect((await api.call({ url: model(CHECKPOINT) })).statusCode).toBe(200);
  });

  it.each([
    [{}, 'expires_in_seconds'],
    [{ expires_at: 5 }, 'still to come'],
    [{ expires_at: 4_000_000_000, expires_in_seconds: 60 }, 'either'],
    [{ expires_in_seconds: 1 }, '60'],
  ])('is refused when it is %j', async (payload, message) => {
    const { status, body } = await post(expiry(CHECKPOINT), payload);
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(message)]);
  });

  it('is refused for a base model', async () => {
    expect(await post(expiry('preheat-1m'), { expires_in_seconds: 60 })).toMatchObject({ status: 400 });
  });

  it('never takes a model away, if only for a moment, that a run uses which came after the runs were read', async () => {
    await post(expiry(CHECKPOINT), { expires_in_seconds: 3_600 });
    const runs = new ActiveRuns(api.deps.store);
    await runs.all();
    const config = { data_source_config: { type: 'custom', item_schema: {} } };
    const criterion = { type: 'string_check', name: 'x', input: '{{ item.word }}', reference: 'x', operation: 'eq' };
    const { body: evaluation } = await post('/v1/evals', { ...config, testing_criteria: [criterion] });
    const template = { type: 'template', template: [{ role: 'user', content: 'cat' }] };
    const source = { ...JSONL_SOURCE, type: 'completions', model: CHECKPOINT, input_messages: template };
    expect(await post(`/v1/evals/${evaluation.id}/runs`, { data_source: source })).toMatchObject({ status: 201 });
    await api.clock.advance(3_700_000);
    const put = vi.spyOn(api.deps.store, 'put');
    const options = { orphanGraceMs: GRACE_MS, runs };
    expect(await sweepExpiries({ ...api.deps }, options)).toMatchObject({ waiting: 1, expired: 0 });
    expect(put.mock.calls.map(([key]) => key)).not.toContain(KEYS.model('proj-one', CHECKPOINT));
  });

  it('takes the model away, and everybody who asks is told so for a month', async () => {
    await post(expiry(CHECKPOINT), { expires_in_seconds: 60 });
    await api.clock.advance(61_000);
    expect(await sweep()).toMatchObject({ expired: 1, waiting: 0 });
    const messages = [{ role: 'user', content: 'cat' }];
    for (const answer of [
      await api.call({ url: model(CHECKPOINT) }),
      await api.call({ method: 'POST', url: '/v1/chat/completions', payload: { model: CHECKPOINT, messages } }),
      await api.call({ method: 'DELETE', url: model(CHECKPOINT) }),
      await api.call({ method: 'POST', url: '/v1/x/aliases/best', payload: { model: CHECKPOINT } }),
    ]) {
      expect(answer.statusCode, answer.body).toBe(410);
      expect(answer.json()).toMatchObject({
        error: { code: 'model_expired', message: expect.stringMatching(/expired at 2030/) },
      });
    }
    expect((await fork(CHECKPOINT)).body).toMatchObject({ error: { code: 'model_expired' } });
    expect((await api.call({ url: model(CHECKPOINT), key: OTHER_KEY })).statusCode).toBe(404);
    expect((await api.call({ url: '/v1/models' })).body).not.toContain(CHECKPOINT);
    await api.clock.advance(TOLD_MS + 1_000);
    expect(await sweep()).toMatchObject({ forgotten: 1 });
    expect((await api.call({ url: model(CHECKPOINT) })).statusCode).toBe(404);
  });

  it('waits while something uses the model', async () => {
    await post('/v1/x/aliases/best', { model: CHECKPOINT });
    await post(expiry(CHECKPOINT), { expires_in_seconds: 60 });
    await api.clock.advance(61_000);
    expect(await sweep()).toMatchObject({ expired: 0, waiting: 1 });
    expect((await api.call({ url: model('best') })).statusCode).toBe(200);
    await api.call({ method: 'DELETE', url: '/v1/x/aliases/best' });
    expect(await sweep()).toMatchObject({ expired: 1, waiting: 0 });
  });
});

describe('a fork', () => {
  it('says what it starts from, whatever its name means later, and is named after the base', async () => {
    const { body: job } = await fork(CHECKPOINT);
    expect(job).toMatchObject({
      model: CHECKPOINT,
      starts_from: { model: CHECKPOINT, kind: 'checkpoint', owned_by: 'proj-one', fine_tuning_job_id: 'ftjob-job1' },
      retention: { keep_best: 3, checkpoint_ttl_seconds: null },
    });
    await publish(CHECKPOINT, { prefix: 'jobs/ftjob-job1/attempts/9/step-5' });
    expect((await api.deps.jobs.read(job.id))?.document.startsFrom?.prefix).toBe(TINY_BUNDLE);
  });

  it('may start from what another project shared, which is in use from then on', async () => {
    const upload = await api.call({ method: 'GET', url: '/v1/files', key: OTHER_KEY });
    expect(upload.statusCode).toBe(200);
    const url = `/v1/fine_tuning/checkpoints/${encodeURIComponent(CHECKPOINT)}/permissions`;
    await post(url, { project_ids: ['proj-two'] });
    const file = await uploadAs(OTHER_KEY);
    const { status, body: job } = await post(
      '/v1/fine_tuning/jobs',
      { model: CHECKPOINT, training_file: file },
      OTHER_KEY,
    );
    expect([status, job.starts_from]).toMatchObject([200, { owned_by: 'proj-one' }]);
    expect(await remove(model(CHECKPOINT))).toMatchObject([409, { message: expect.stringContaining(job.id) }]);
  });

  async function uploadAs(key: string): Promise<string> {
    const boundary = 'b';
    const parts = [
      'content-disposition: form-data; name="purpose"\r\n\r\nfine-tune',
      `content-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n${jsonl(SFT_ROWS)}`,
    ];
    const payload = `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    return ((await api.call({ method: 'POST', url: '/v1/files', payload, headers, key })).json() as { id: string }).id;
  }
});

describe('what the collector deletes', () => {
  it('the files of an import whose name went, a grace period later; who imports them again meanwhile has them elsewhere', async () => {
    const prefix = 'imports/proj-one/digest';
    for (const blob of ['manifest.json', 'model.safetensors'])
      await api.deps.store.put(`${prefix}/${blob}`, new Uint8Array(1));
    await publish('mine', { kind: 'imported', jobId: null, prefix });
    expect(await remove(model('mine'))).toEqual([200, undefined]);
    const collect = () => collectImports({ ...api.deps }, { orphanGraceMs: GRACE_MS });
    await api.clock.advance(GRACE_MS / 2);
    expect(await collect()).toEqual({ deleted: 0, failed: 0 });
    await api.clock.advance(GRACE_MS);
    expect(await collect()).toEqual({ deleted: 1, failed: 0 });
    expect((await api.deps.store.list(prefix)).entries).toEqual([]);
  });

  it('leaves alone what a job is still to be created for, and cleans up when it never was', async () => {
    const mark = KEYS.user('files/file-1', 'job-ftjob-unborn');
    await api.deps.store.put(KEYS.collection(api.clock.nowMs(), 'ftjob-unborn'), new TextEncoder().encode(mark));
    await api.deps.store.put(mark, new Uint8Array());
    const queue = new MemoryWorkQueue<JsonValue>({ clock: api.clock });
    const collect = () => collectJobs(api.deps.jobs, { ...api.deps, queue }, { orphanGraceMs: GRACE_MS });
    await collect();
    expect((await api.deps.store.list('index/users/')).entries).toHaveLength(1);
    for (let look = 0; look < 3; look++) {
      await api.clock.advance(GRACE_MS + 1_000);
      await collect();
    }
    expect((await api.deps.store.list('index/')).entries).toEqual([]);
  });
});
