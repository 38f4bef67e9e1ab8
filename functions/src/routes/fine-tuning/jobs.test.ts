import { type FineTuningJob, type FineTuningJobEvent, KEYS } from '@preheat/contracts';
import { LeasedJob } from '@preheat/jobs';
import { describe, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../../test-kit/api-under-test.js';
import { jsonl, SFT_ROWS } from '../../test-kit/rows.js';

async function withJobs(count: number, metadata: (index: number) => object | null = () => null) {
  const api = await startApi();
  const training_file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const payload = { model: 'preheat-1m', training_file, metadata: metadata(index) };
    const response = await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload });
    ids.push((response.json() as FineTuningJob).id);
    await api.clock.advance(1000);
  }
  return { api, ids, id: ids[0] as string };
}

async function idsOf(api: ApiUnderTest, query: string): Promise<string[]> {
  const page = (await api.call({ url: `/v1/fine_tuning/jobs?${query}` })).json() as { data: FineTuningJob[] };
  return page.data.map((job) => job.id);
}

describe('listing jobs', () => {
  it('walks pages newest first', async () => {
    const { api, ids } = await withJobs(3);
    const first = (await api.call({ url: '/v1/fine_tuning/jobs?limit=2' })).json() as Record<string, unknown>;
    expect(first).toMatchObject({ object: 'list', has_more: true, first_id: ids[2], last_id: ids[1] });
    const second = (await api.call({ url: `/v1/fine_tuning/jobs?limit=2&after=${ids[1]}` })).json();
    expect(second).toMatchObject({ has_more: false, first_id: ids[0], last_id: ids[0] });
  });

  it('never ends silently where there are too many jobs to look at', async () => {
    const { api, ids } = await withJobs(3, (index) => ({ team: `t${index}` }));
    const [oldest = '', middle = '', newest = ''] = ids;
    const { store, clock, jobs } = api.deps;
    const nowMs = clock.nowMs();
    const entry = (ageMs: number, id: string) => KEYS.jobIndexEntry('proj-one', nowMs - ageMs, id);
    for (const [id, ageMs] of [
      [newest, 0],
      [middle, 4_999],
      [oldest, 6_000],
    ] as const) {
      const createdAtMs = (await jobs.read(id))?.document.createdAtMs ?? 0;
      await store.delete(KEYS.jobIndexEntry('proj-one', createdAtMs, id));
      await jobs.documents.update(KEYS.job(id), (job) => ({ ...job, createdAtMs: nowMs - ageMs }));
      await store.put(entry(ageMs, id), new Uint8Array());
    }
    for (let n = 1; n <= 5_100; n++) await store.put(entry(n, `ftjob-x${n}`), new Uint8Array());
    const list = async (query: string) => (await api.call({ url: `/v1/fine_tuning/jobs?${query}` })).json();
    expect(await list('metadata[team]=t2')).toMatchObject({ data: [{ id: newest }], has_more: true });
    for (const query of ['metadata[team]=t0', `metadata[team]=t2&after=${newest}`]) {
      const { error } = await list(query);
      expect(error).toMatchObject({ code: 'invalid_request', param: 'metadata' });
      expect(error.message).toContain(`list again with after=${middle}`);
    }
    const rest = `metadata[team]=t0&after=${middle}`;
    expect(await list(rest)).toMatchObject({ data: [{ id: oldest }], has_more: false });
  });

  it('selects by metadata in every form clients send', async () => {
    const { api, ids } = await withJobs(3, (index) => [{ team: 'a' }, { team: '' }, null][index] ?? null);
    expect(await idsOf(api, 'metadata%5Bteam%5D=a')).toEqual([ids[0]]);
    expect(await idsOf(api, 'metadata[team]=')).toEqual([ids[1]]);
    expect(await idsOf(api, 'metadata=')).toEqual([ids[2]]);
    expect(await idsOf(api, 'metadata=null')).toEqual([ids[2]]);
    expect(await idsOf(api, 'metadata[team]=a&metadata[x]=y')).toEqual([]);
  });

  it('refuses what it cannot read', async () => {
    const { api } = await withJobs(0);
    for (const [query, param] of [
      ['limit=0', 'limit'],
      ['limit=abc', 'limit'],
      ['limit=101', 'limit'],
      ['after=ftjob-none', 'after'],
    ]) {
      const response = await api.call({ url: `/v1/fine_tuning/jobs?${query}` });
      expect([response.statusCode, response.json()]).toMatchObject([400, { error: { param } }]);
    }
  });
});

describe('controlling a job', () => {
  it('pauses, resumes and cancels, also with the empty JSON body of openai-python', async () => {
    const { api, id } = await withJobs(1);
    const post = async (verb: string) =>
      api.call({
        method: 'POST',
        url: `/v1/fine_tuning/jobs/${id}/${verb}`,
        headers: { 'content-type': 'application/json' },
      });
    expect((await post('pause')).json()).toMatchObject({ status: 'paused' });
    expect((await post('resume')).json()).toMatchObject({ status: 'queued' });
    expect((await post('cancel')).json()).toMatchObject({ status: 'cancelled', finished_at: 1893456001 });
    expect((await post('cancel')).json()).toMatchObject({ status: 'cancelled' });
    const refused = await post('resume');
    expect([refused.statusCode, refused.json()]).toMatchObject([400, { error: { code: 'invalid_job_state' } }]);
  });

  it('refuses to cancel a job that has succeeded, with a status clients do not retry', async () => {
    const { api, id } = await withJobs(1);
    const hold = await LeasedJob.acquire(api.deps, id, 'runner', 60_000);
    await hold?.succeed('ft:x', []);
    const response = await api.call({ method: 'POST', url: `/v1/fine_tuning/jobs/${id}/cancel` });
    expect([response.statusCode, response.json()]).toMatchObject([400, { error: { code: 'job_not_cancellable' } }]);
  });

  it('is hidden from other projects', async () => {
    const { api, id } = await withJobs(1);
    for (const url of ['', '/events', '/checkpoints']) {
      const response = await api.call({ url: `/v1/fine_tuning/jobs/${id}${url}`, key: OTHER_KEY });
      expect([response.statusCode, response.json()]).toMatchObject([404, { error: { code: 'not_found' } }]);
    }
    for (const verb of ['cancel', 'pause', 'resume']) {
      const url = `/v1/fine_tuning/jobs/${id}/${verb}`;
      expect((await api.call({ method: 'POST', url, key: OTHER_KEY })).statusCode).toBe(404);
    }
    expect((await api.call({ url: `/v1/fine_tuning/jobs/${id}` })).json()).toMatchObject({ status: 'queued' });
  });
});

describe('events', () => {
  it('are listed newest first and walked by id', async () => {
    const { api, id } = await withJobs(1);
    const page = async (query: string) =>
      (await api.call({ url: `/v1/fine_tuning/jobs/${id}/events?${query}` })).json() as {
        data: FineTuningJobEvent[];
        has_more: boolean;
      };
    const first = await page('limit=1');
    expect(first).toMatchObject({
      has_more: true,
      data: [{ message: 'Files validated, job queued', type: 'message' }],
    });
    const second = await page(`limit=1&after=${first.data[0]?.id}`);
    expect(second).toMatchObject({ has_more: false, data: [{ message: 'Created fine-tuning job' }] });
  });

  it('stream oldest first, follow the job, and end with it', async () => {
    const { api, id } = await withJobs(1);
    const stream = api.call({ url: `/v1/fine_tuning/jobs/${id}/events?stream=true` });
    const cancel = api.clock.sleep(40_000).then(() => api.deps.jobs.cancel('proj-one', id));
    await api.clock.run(Promise.all([stream, cancel]));
    const response = await stream;
    expect(response.headers['content-type']).toContain('text/event-stream');
    expect(response.headers['x-request-id']).toBeTruthy();
    const frames = response.body.trimEnd().split('\n\n');
    expect(frames.filter((frame) => frame === ': keep-alive').length).toBe(2);
    const events = frames.filter((frame) => frame.startsWith('id: '));
    expect(events.map((frame) => frame.split('\n')[0])).toEqual(['id: 0', 'id: 1', 'id: 2']);
    expect(JSON.parse((events[2] ?? '').split('data: ')[1] ?? '')).toMatchObject({ message: 'Job cancelled' });
  });

  it('tell of a runner that was lost also where another takes the job before the sweeper looks', async () => {
    const { api, id } = await withJobs(1);
    await LeasedJob.acquire(api.deps, id, 'dead', 60_000);
    await api.clock.advance(120_000);
    const next = await LeasedJob.acquire(api.deps, id, 'next', 60_000);
    await next?.release('shutdown');
    const { data } = (await api.call({ url: `/v1/fine_tuning/jobs/${id}/events` })).json() as {
      data: FineTuningJobEvent[];
    };
    const told = data.filter(({ message }) => message.startsWith('The runner was lost (attempt 1'));
    expect(told).toMatchObject([{ level: 'warn', data: { kind: 'preempted' } }]);
  });

  it('continue after the last event a client saw', async () => {
    const { api, id } = await withJobs(1);
    await api.deps.jobs.cancel('proj-one', id);
    const url = `/v1/fine_tuning/jobs/${id}/events?stream=true`;
    const rest = await api.call({ url, headers: { 'last-event-id': '1' } });
    expect(rest.body.match(/^id: /gm)).toHaveLength(1);
    expect((await api.call({ url, headers: { 'last-event-id': '2' } })).body).toBe('');
    expect((await api.call({ url, headers: { 'last-event-id': 'x' } })).statusCode).toBe(400);
  });
});

describe('checkpoints', () => {
  it('are listed newest first and walked by id', async () => {
    const { api, id } = await withJobs(1);
    const hold = await LeasedJob.acquire(api.deps, id, 'runner', 60_000);
    for (const step of [10, 20, 30]) {
      await hold?.checkpoint({
        id: `ftckpt_${step}`,
        createdAtMs: api.clock.nowMs(),
        phaseIndex: 0,
        phaseStep: step,
        step,
        prefix: `jobs/${id}/attempts/1/${step}`,
        model: `ft:x:ckpt-step-${step}`,
        metrics: { train_loss: 1 / step },
        trainedTokens: step,
        endsPhase: false,
      });
    }
    const first = (await api.call({ url: `/v1/fine_tuning/jobs/${id}/checkpoints?limit=2` })).json();
    expect(first).toMatchObject({ has_more: true, first_id: 'ftckpt_30', last_id: 'ftckpt_20' });
    const second = await api.call({ url: `/v1/fine_tuning/jobs/${id}/checkpoints?after=ftckpt_20` });
    expect(second.json()).toMatchObject({
      has_more: false,
      data: [{ id: 'ftckpt_10', step_number: 10, fine_tuned_model_checkpoint: 'ft:x:ckpt-step-10' }],
    });
    expect((await api.call({ url: `/v1/fine_tuning/jobs/${id}/checkpoints?after=no` })).statusCode).toBe(400);
  });
});
