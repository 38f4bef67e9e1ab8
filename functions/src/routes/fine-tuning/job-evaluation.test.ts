import { MemoryWorkQueue } from '@preheat/adapters/memory';
import type { EvalObject, EvalRunObject, FineTuningJob, FineTuningJobEvent } from '@preheat/contracts';
import { collectJobs } from '@preheat/jobs';
import type { JsonValue } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { Evals } from '../../evaluation/evals.js';
import { Runs } from '../../evaluation/runs.js';
import { workOnRun } from '../../evaluation/work-on-run.js';
import type { ApiUnderTest } from '../../test-kit/api-under-test.js';
import { createJob, filesOfJobs } from '../../test-kit/job-requests.js';
import { OwnedThings } from '../../test-kit/owned-things.js';
import { EXACT, GRADER, RL_ROWS } from '../../test-kit/rows.js';
import { WORKER } from '../../test-kit/runs-under-test.js';

/** A reinforcement job; the fresh model never earns anything, and nothing is sampled to find that out. */
const rewardedBy = (training_file: string, grader: object = GRADER) => ({
  model: 'preheat-1m',
  training_file,
  method: { type: 'reinforcement', reinforcement: { grader } },
  preflight: { force: true, sample_rows: 0 },
});

async function readJson<T>(api: ApiUnderTest, url: string): Promise<T> {
  const answer = await api.call({ url });
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.json() as T;
}

const evalsOf = async (api: ApiUnderTest) => (await readJson<{ data: EvalObject[] }>(api, '/v1/evals')).data;
const storedEvals = async ({ deps }: ApiUnderTest) => (await deps.store.list('evals/')).entries.map(({ key }) => key);

/** From now on, the `count`th write from here is lost with the process that makes it. */
function dieAtWrite({ deps: { store } }: ApiUnderTest, count: number): { readonly hasDied: boolean; revive(): void } {
  const { put } = store;
  const life = { hasDied: false, revive: () => void (store.put = put) };
  let writes = 0;
  store.put = async (...request) => {
    if (writes++ < count) return put.apply(store, request);
    life.hasDied = true;
    throw new Error('the machine is gone');
  };
  return life;
}

describe('the eval of a reinforcement job', () => {
  it('is made with the job, holds its grader and the shape of its rows, and is named by the job wherever it is read', async () => {
    const { api, rl } = await filesOfJobs();
    const job = (await createJob(api, rewardedBy(rl))).json() as FineTuningJob;
    expect(job.eval_id).toMatch(/^eval_/);
    expect(await readJson(api, `/v1/fine_tuning/jobs/${job.id}`)).toEqual(job);
    const listed = await readJson<{ data: FineTuningJob[] }>(api, '/v1/fine_tuning/jobs');
    expect(listed.data).toMatchObject([{ eval_id: job.eval_id }]);
    const events = await readJson<{ data: FineTuningJobEvent[] }>(api, `/v1/fine_tuning/jobs/${job.id}/events`);
    expect(events.data.map(({ data }) => data)).toContainEqual({ kind: 'eval_created', eval_id: job.eval_id });
    const item = {
      type: 'object',
      properties: { messages: { type: 'array' }, references: { type: 'array' } },
      required: ['messages', 'references'],
    };
    expect(await evalsOf(api)).toMatchObject([
      {
        id: job.eval_id,
        name: `Rewards of ${job.id}`,
        created_at: job.created_at,
        metadata: { fine_tuning_job_id: job.id },
        data_source_config: { type: 'custom', schema: { properties: { item }, required: ['item', 'sample'] } },
        testing_criteria: [{ ...GRADER, pass_threshold: 0.5 }],
      },
    ]);
  });

  it('is about the last phase with a grader, and is not made where there is none', async () => {
    const { api, sft, rl } = await filesOfJobs();
    const plain = (await createJob(api, { model: 'preheat-1m', training_file: sft })).json() as FineTuningJob;
    expect(plain.eval_id).toBeNull();
    expect(await evalsOf(api)).toEqual([]);
    const reinforced = { type: 'reinforcement', training_file: rl, hyperparameters: { max_steps: 2 } };
    const pipeline = [
      { type: 'supervised' },
      { ...reinforced, grader: GRADER },
      { ...reinforced, grader: EXACT },
      { type: 'supervised' },
    ];
    const preflight = { force: true, sample_rows: 0 };
    const body = { model: 'preheat-1m', training_file: sft, pipeline, preflight };
    const job = (await createJob(api, body)).json() as FineTuningJob;
    expect(await evalsOf(api)).toMatchObject([{ id: job.eval_id, testing_criteria: [EXACT] }]);
  });

  it('is one, however often and at once its job is created', async () => {
    const { api, rl } = await filesOfJobs();
    const keyed = () => createJob(api, rewardedBy(rl), { 'idempotency-key': 'k' });
    const answers = await Promise.all([keyed(), keyed(), keyed()]);
    await api.clock.advance(1000);
    answers.push(await keyed());
    const ids = new Set(answers.map((answer) => (answer.json() as FineTuningJob).eval_id));
    expect([...ids]).toEqual((await evalsOf(api)).map(({ id }) => id));
    const again = (await createJob(api, rewardedBy(rl))).json() as FineTuningJob;
    expect(ids).not.toContain(again.eval_id);
    expect(await evalsOf(api)).toHaveLength(2);
  });

  it('is one and is there, wherever its creation dies and is repeated', async () => {
    const { api, rl } = await filesOfJobs();
    let deaths = 0;
    for (let write = 0; ; write++) {
      const create = () => createJob(api, rewardedBy(rl), { 'idempotency-key': `k${write}` });
      const before = await evalsOf(api);
      const life = dieAtWrite(api, write);
      const first = await create();
      life.revive();
      if (!life.hasDied) break;
      if (first.statusCode === 500) deaths++;
      const job = (await create()).json() as FineTuningJob;
      const added = (await evalsOf(api)).slice(before.length);
      expect([write, added.map(({ id }) => id)]).toEqual([write, [job.eval_id]]);
      await api.clock.advance(1000);
    }
    expect(deaths).toBeGreaterThan(6);
    expect((await storedEvals(api)).length).toBe((await evalsOf(api)).length);
  });

  it('is never seen, and collected, where its job never came to be', async () => {
    const { api, rl } = await filesOfJobs();
    const { store } = api.deps;
    const { put } = store;
    store.put = async (key, ...rest) => {
      if (key.endsWith('/job.json')) throw new Error('the machine is gone');
      return put.call(store, key, ...rest);
    };
    expect((await createJob(api, rewardedBy(rl))).statusCode).toBe(500);
    store.put = put;
    expect(await storedEvals(api)).toHaveLength(1);
    expect(await evalsOf(api)).toEqual([]);
    const deps = { ...api.deps, queue: new MemoryWorkQueue<JsonValue>({ clock: api.clock }) };
    await api.clock.advance(60_001);
    await collectJobs(api.deps.jobs, deps, { orphanGraceMs: 60_000 });
    expect(await storedEvals(api)).toEqual([]);
    expect((await store.list('index/users/')).entries).toEqual([]);
  });

  it('is deleted like any other: the job stays as it is, and a repeated create does not bring it back', async () => {
    const { api, rl } = await filesOfJobs();
    const keyed = () => createJob(api, rewardedBy(rl), { 'idempotency-key': 'k' });
    const job = (await keyed()).json() as FineTuningJob;
    const url = `/v1/evals/${job.eval_id}`;
    expect((await api.call({ method: 'DELETE', url })).json()).toMatchObject({ deleted: true });
    expect((await api.call({ url })).statusCode).toBe(404);
    expect(await readJson(api, `/v1/fine_tuning/jobs/${job.id}`)).toEqual(job);
    expect((await keyed()).json()).toEqual(job);
    expect(await evalsOf(api)).toEqual([]);
    expect((await api.deps.store.list('index/evals/')).entries).toEqual([]);
    const cancelled = await api.call({ method: 'POST', url: `/v1/fine_tuning/jobs/${job.id}/cancel` });
    expect(cancelled.json()).toMatchObject({ status: 'cancelled' });
  });

  it('takes runs that judge a checkpoint on rows like those of the job, and refuses others', async () => {
    const { api, rl } = await filesOfJobs();
    const { eval_id: evalId } = (await createJob(api, rewardedBy(rl))).json() as FineTuningJob;
    const model = await new OwnedThings(api).named('model_checkpoint');
    const start = (rows: readonly object[]) => {
      const data_source = {
        type: 'completions',
        model,
        source: { type: 'file_content', content: rows.map((item) => ({ item })) },
        input_messages: { type: 'item_reference', item_reference: 'item.messages' },
        sampling_params: { temperature: 0, max_completion_tokens: 4 },
      };
      return api.call({ method: 'POST', url: `/v1/evals/${evalId}/runs`, payload: { data_source } });
    };
    const refused = await start(RL_ROWS.map(({ messages }) => ({ messages })));
    expect(refused.json()).toMatchObject({ error: { param: 'data_source.source.content.0.item' } });
    const { id } = (await start(RL_ROWS)).json() as EvalRunObject;
    const parts = { ...api.deps, evals: new Evals(api.deps), runs: new Runs(api.deps) };
    expect(await workOnRun(parts, { evalId: evalId ?? '', runId: id }, WORKER)).toBe('ended');
    const run = await readJson<EvalRunObject>(api, `/v1/evals/${evalId}/runs/${id}`);
    expect(run).toMatchObject({ status: 'completed', model, result_counts: { total: 4, errored: 0 } });
    expect(run.per_testing_criteria_results).toMatchObject([{ testing_criteria: GRADER.name }]);
    await api.app.close();
  });
});
