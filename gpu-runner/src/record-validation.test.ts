/** The runs that a job's validations become: one a validation, whoever runs the job and however often it is stopped. */
import { MemoryWorkQueue } from '@preheat/adapters/memory';
import { decodeStored, encodeStored, KEYS, RecordedRow, type StoredEval, StoredRun } from '@preheat/contracts';
import { checkpointModelName, forgetRun } from '@preheat/jobs';
import { type JsonValue, listAll } from '@preheat/ports';
import type { ValidationAnswers } from '@preheat/recipes';
import { letterToSoundTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { afterAll, describe, expect, it } from 'vitest';
import { recordValidation } from './record-validation.js';
import { runJob } from './run-job.js';
import {
  documentOf,
  executor,
  leaseOf,
  never,
  phases,
  runUntilStep,
  type World,
  world,
} from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

const EVAL_ID = 'eval_000000001x';

/** Both phases validated, the second at each of its three steps, and the eval of the job. */
async function validatedWorld(): Promise<World> {
  const rlKeys = { eval_interval: 1, eval_rows: 5, eval_samples: 2, checkpoint_interval: 10 };
  const at = await world({}, { phases: phases({}, true, rlKeys) });
  const { phases: made } = await documentOf(at);
  const evaluation: StoredEval = {
    schemaVersion: 1,
    id: EVAL_ID,
    projectId: 'proj',
    createdAtMs: 1,
    name: 'rewards',
    metadata: null,
    itemSchema: {},
    includeSampleSchema: true,
    testingCriteria: [{ ...made[1]!.grader, pass_threshold: 0.2 } as never],
  };
  await at.store.put(KEYS.evaluation(EVAL_ID), encodeStored(evaluation));
  await at.jobs.documents.update(KEYS.job(at.jobId), (job) => ({ ...job, evalId: EVAL_ID }));
  return at;
}

async function keysUnder({ store }: World, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of listAll(store, prefix)) found.push(key);
  return found;
}

async function runsOf(at: World): Promise<{ run: StoredRun; rows: RecordedRow[] }[]> {
  const listed = await keysUnder(at, KEYS.runIndex(EVAL_ID));
  return Promise.all(
    listed.map(async (entry) => {
      const id = entry.slice(entry.indexOf('evalrun_'));
      const [key, rowsKey] = [KEYS.run(EVAL_ID, id), KEYS.runRows(EVAL_ID, id)];
      const run = decodeStored(StoredRun, (await at.store.get(key))!.body, key);
      const lines = new TextDecoder()
        .decode((await at.store.get(rowsKey))!.body)
        .trim()
        .split('\n');
      return { run, rows: lines.map((line) => decodeStored(RecordedRow, new TextEncoder().encode(line), rowsKey)) };
    }),
  );
}

describe('the eval of a job', () => {
  it('has a run for each validation of its phase, of the checkpoint that answered, with what training measured', async () => {
    const at = await validatedWorld();
    const evaluationQueue = new MemoryWorkQueue<JsonValue>({ clock: at.deps.clock });
    expect(await runJob({ ...at.deps, evaluationQueue }, await leaseOf(at), never)).toBe('succeeded');
    const job = await documentOf(at);
    const runs = await runsOf(at);
    expect(runs.map(({ run }) => run.metadata?.['step'])).toEqual(['7', '8', '9']);
    for (const [i, { run, rows }] of runs.entries()) {
      const model = checkpointModelName(job, 7 + i);
      const ks = [null, 'similarity'].flatMap((criterion) => [1, 2].map((k) => ({ criterion, k, sum: 0 })));
      expect(run.passAtK).toEqual(ks);
      expect(run).toMatchObject({ isRecorded: true, state: 'queued', samplesPerItem: 2, counts: { total: 10 } });
      expect(run.dataSource).toMatchObject({ model, source: { type: 'file_id', id: 'file-rl' } });
      expect(rows.map(({ answers }) => answers.length)).toEqual([2, 2, 2, 2, 2]);
      const scores = rows.flatMap(({ answers }) => answers.map(({ results }) => results[0]!.score));
      const checkpoint = job.checkpoints.find((one) => one.model === model);
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
      expect(mean).toBeCloseTo(checkpoint!.metrics['full_valid_mean_reward']!, 9);
    }
    const rung = await evaluationQueue.receive({ maxMessages: 10, waitMs: 0, visibilityTimeoutMs: 1_000 });
    const ids = rung.map(({ message }) => message as { kind: string; runId?: string });
    expect(ids.flatMap(({ kind, runId }) => (kind === 'eval_run' ? [runId] : []))).toEqual(
      runs.map(({ run }) => run.id),
    );
    expect(await keysUnder(at, KEYS.activeRuns)).toHaveLength(3);
  });

  it('has the same runs when the job was stopped at every step, or took a step again', async () => {
    const [straight, stopped] = [await validatedWorld(), await validatedWorld()];
    await runJob(straight.deps, await leaseOf(straight), never);
    let outcome = await runUntilStep(stopped, 'runner-1', 7);
    // The next runner takes the step of the last checkpoint again: its pointer never moved.
    await stopped.jobs.documents.update(KEYS.job(stopped.jobId), (job) => {
      const before = job.checkpoints.find(({ step }) => step === 6) ?? null;
      return { ...job, resume: before, checkpoints: job.checkpoints.filter(({ step }) => step <= 6) };
    });
    for (let restart = 2; outcome === 'released'; restart++) {
      outcome = await runUntilStep(stopped, `runner-${restart}`, 7);
    }
    expect(outcome).toBe('succeeded');
    const rowsOf = async (at: World) => (await runsOf(at)).map(({ rows }) => rows.map(withoutModel));
    expect(await rowsOf(stopped)).toEqual(await rowsOf(straight));
  });

  it('costs no checkpoint where its runs cannot be stored: the job says so and goes on', async () => {
    const at = await validatedWorld();
    const { putStream } = at.store;
    at.store.putStream = async (key, ...rest) => {
      if (key.includes('evalrun_')) throw new Error('the rows do not fit');
      return putStream.call(at.store, key, ...rest);
    };
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
    expect((await documentOf(at)).checkpoints.map(({ step }) => step)).toEqual(expect.arrayContaining([7, 8, 9]));
    expect(await keysUnder(at, KEYS.activeRuns)).toEqual([]);
    const { events } = await at.jobs.events(await documentOf(at), { limit: 100 });
    const warned = events.filter(({ data }) => data?.['kind'] === 'validation_not_recorded');
    expect(warned.map(({ message }) => message).sort()).toEqual(
      [7, 8, 9].map(
        (step) => `The validation of step ${step} could not be stored as a run of the eval: the rows do not fit`,
      ),
    );
  });

  it('leaves rows that are there as they are: they may be half counted', async () => {
    const at = await validatedWorld();
    await runJob(at.deps, await leaseOf(at), never);
    const [first] = await runsOf(at);
    const key = KEYS.runRows(EVAL_ID, first!.run.id);
    const before = await at.store.head(key);
    const job = await documentOf(at);
    const answers: ValidationAnswers = { completions: [], grades: [], drawn: { perRow: 1, temperature: 0, seed: 0 } };
    expect(
      await recordValidation(at.deps, job, {
        phaseIndex: 1,
        step: 7,
        tokenizer: loadTokenizer(letterToSoundTokenizer()),
        answers,
      }),
    ).toBeNull();
    expect(await at.store.head(key)).toEqual(before);
  });

  it('goes on with the next runner where one is lost between a checkpoint and the run of its validation', async () => {
    const [straight, lost] = [await validatedWorld(), await validatedWorld()];
    await runJob(straight.deps, await leaseOf(straight), never);
    const { putStream } = lost.store;
    lost.store.putStream = async (key, ...rest) => {
      if (!key.startsWith('evals/')) return putStream.call(lost.store, key, ...rest);
      lost.store.putStream = putStream;
      // Presumed dead: the sweeper gives its job to others.
      await lost.jobs.documents.update(KEYS.job(lost.jobId), (job) => ({ ...job, state: 'queued', lease: null }));
      return putStream.call(lost.store, key.replace('evals/', 'out-of-reach/'), ...rest).then(() => {
        throw new Error('the connection is gone');
      });
    };
    expect(await runJob(lost.deps, await leaseOf(lost), never)).toBe('lost');
    expect((await documentOf(lost)).checkpoints.map(({ step }) => step)).toContain(7);
    expect(await runJob(lost.deps, await leaseOf(lost, 'runner-2'), never)).toBe('succeeded');
    const [first, ...rest] = await runsOf(straight);
    const others = await runsOf(lost);
    // The run that was about to be stored is left out, and nothing of it is half there.
    expect(others.map(({ run }) => run.metadata?.['step'])).toEqual(['8', '9']);
    expect(others.map(({ rows }) => rows.map(withoutModel))).toEqual(rest.map(({ rows }) => rows.map(withoutModel)));
    expect(first?.run.metadata?.['step']).toBe('7');
    expect(await keysUnder(lost, `evals/${EVAL_ID}/runs/`)).toHaveLength(2 * others.length);
  });

  it('does not get back a run that its owner deleted, when the step is taken again', async () => {
    const at = await validatedWorld();
    const evaluationQueue = new MemoryWorkQueue<JsonValue>({ clock: at.deps.clock });
    await runUntilStep(at, 'runner-1', 7);
    const { run } = (await runsOf(at))[0]!;
    await at.store.put(KEYS.deletedRun(EVAL_ID, run.id), new Uint8Array());
    await forgetRun(at.store, run, (await keysUnder(at, KEYS.runIndex(EVAL_ID)))[0]);
    await at.jobs.documents.update(KEYS.job(at.jobId), (job) => {
      const before = job.checkpoints.find(({ step }) => step === 6) ?? null;
      return { ...job, resume: before, checkpoints: job.checkpoints.filter(({ step }) => step <= 6) };
    });
    expect(await runJob({ ...at.deps, evaluationQueue }, await leaseOf(at, 'runner-2'), never)).toBe('succeeded');
    expect((await runsOf(at)).map(({ run: one }) => one.metadata?.['step'])).toEqual(['8', '9']);
    expect(await keysUnder(at, KEYS.runObjects(EVAL_ID, run.id))).toEqual([]);
  });

  it('gets none once its owner deleted it', async () => {
    const at = await validatedWorld();
    await at.store.delete(KEYS.evaluation(EVAL_ID));
    expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
    expect(await keysUnder(at, KEYS.activeRuns)).toEqual([]);
  });
});

/** The two jobs differ in their names. */
const withoutModel = ({ item, answers }: RecordedRow) => ({
  item,
  answers: answers.map(({ sample: { model: _, ...sample }, results }) => ({ sample, results })),
});
