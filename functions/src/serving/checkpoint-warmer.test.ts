/** What is open before anybody asks for it, of jobs that somebody looks at. */
import { type CheckpointRecord, type FineTuningJob, type JobDocument, KEYS } from '@preheat/contracts';
import { LeasedJob } from '@preheat/jobs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { GRADER, jsonl, SFT_ROWS } from '../test-kit/rows.js';
import { TINY_BUNDLE } from '../test-kit/tiny-models.js';

let api: ApiUnderTest;
let id: string;
let leased: LeasedJob;
/** What the process opened, in order. */
let opened: string[];

beforeEach(async () => {
  api = await startApi();
  const training_file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
  const hyperparameters = { checkpoint_interval: 10, max_steps: 40, n_epochs: 50 };
  const payload = {
    model: 'preheat-1m',
    training_file,
    pipeline: [{ type: 'supervised', hyperparameters }],
  };
  id = ((await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload })).json() as FineTuningJob).id;
  leased = (await LeasedJob.acquire(api.deps, id, 'runner', 600_000)) as LeasedJob;
  opened = [];
  const { decoders } = api.deps;
  const [warm, prepare] = [decoders.warm.bind(decoders), decoders.prepare.bind(decoders)];
  decoders.warm = (record) => {
    opened.push(record.name);
    return warm(record);
  };
  decoders.prepare = (record) => {
    opened.push(`like ${record.name}`);
    return prepare(record);
  };
});
afterEach(() => api.app.close());

const PATHS = ['', '/events', '/checkpoints'] as const;

/** A client looks at the job. */
async function look(path: (typeof PATHS)[number] = ''): Promise<string[]> {
  await api.call({ url: `/v1/fine_tuning/jobs/${id}${path}` });
  await api.deps.warmer?.settled();
  return opened.splice(0);
}

async function progress(phaseStep: number, stepSeconds: number): Promise<void> {
  leased.setProgress({
    phaseIndex: 0,
    phaseStep,
    phaseSteps: 40,
    step: phaseStep,
    totalSteps: 40,
    tokensPerSecond: 100,
    etaSeconds: (40 - phaseStep) * stepSeconds,
  });
  await leased.heartbeat();
}

async function checkpoint(step: number): Promise<string> {
  const model = `ft:preheat-1m:proj-one::${id}:ckpt-step-${step}`;
  const record = { schemaVersion: 1 as const, name: model, kind: 'checkpoint' as const, projectId: 'proj-one' };
  const own = { ownedBy: 'proj-one', prefix: TINY_BUNDLE, jobId: id, base: 'preheat-1m', createdAtMs: 0 };
  await api.deps.models.publish({ ...record, ...own });
  await leased.checkpoint({
    id: `ftckpt_${step}`,
    createdAtMs: api.clock.nowMs(),
    phaseIndex: 0,
    phaseStep: step,
    step,
    prefix: TINY_BUNDLE,
    model,
    metrics: {},
    trainedTokens: step,
    endsPhase: false,
  } satisfies CheckpointRecord);
  return model;
}

it.each(PATHS)(
  'is prepared as a checkpoint comes near, and read when it is there, for who looks at the job%s',
  async (path) => {
    await progress(2, 60);
    expect(await look(path)).toEqual([]);
    await progress(9, 2);
    expect(await look(path)).toEqual(['like preheat-1m']);
    expect(await look(path)).toEqual([]);
    const first = await checkpoint(10);
    expect(await look(path)).toEqual([first]);
    await progress(19, 2);
    expect(await look(path)).toEqual([`like ${first}`]);
  },
);

it('is prepared for the checkpoint of a validation that becomes a run', async () => {
  const validated = (validationFile: string | null) =>
    api.deps.jobs.documents.update(KEYS.job(id), (job) => {
      const [phase] = job.phases as [JobDocument['phases'][number]];
      const config = { ...phase.config, eval_interval: 5 };
      return { ...job, evalId: 'eval_1', phases: [{ ...phase, grader: GRADER, validationFile, config }] };
    });
  await validated(null);
  await progress(4, 10);
  expect(await look()).toEqual([]);
  await validated('file-v');
  expect(await look()).toEqual(['like preheat-1m']);
});

it('is nothing for a job that has ended, or whose checkpoints are old news', async () => {
  const first = await checkpoint(10);
  await progress(11, 60);
  expect(await look()).toEqual([]);
  await leased.succeed(first, []);
  expect(await look()).toEqual([]);
  await api.deps.warmer?.settled();
  expect(opened).toEqual([]);
});

it('is the finished model of a job that was being looked at', async () => {
  await progress(2, 60);
  await look();
  const last = await checkpoint(40);
  await leased.succeed(last, []);
  expect(await look()).toEqual([last]);
  expect(await look()).toEqual([]);
});

it('a model that cannot be opened fails nobody', async () => {
  await progress(2, 60);
  await look();
  await checkpoint(10);
  api.deps.decoders.warm = () => Promise.reject(new Error('no room'));
  expect(await look()).toEqual([]);
  expect(api.logged.at(-1)?.message).toBe('a model could not be warmed');
});
