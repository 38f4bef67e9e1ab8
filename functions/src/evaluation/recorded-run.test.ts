/** A run whose answers and scores were recorded by a runner: the ordinary worker counts them, and asks nobody. */
import { encodeStored, KEYS, MAX_ITEM_SEGMENTS, type RecordedRow, type StoredRun } from '@preheat/contracts';
import { emptyPassAtK } from '@preheat/graders';
import { storeRun, timeIdOf } from '@preheat/jobs';
import { listAll } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { CRITERIA, runsUnderTest, WORKER } from '../test-kit/runs-under-test.js';
import { sweepRuns } from './sweep-runs.js';
import { batchRows } from './batch-rows.js';
import { workOnRun } from './work-on-run.js';

const answer = (score: number, output_text: string): RecordedRow['answers'][number] => ({
  sample: {
    output_text,
    model: 'ft:a:b::c:ckpt-step-4',
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  },
  results: CRITERIA.map(({ name, type }) => ({ name, type, score, passed: score >= 0.5, sample: null })),
});

const NAME = CRITERIA[0]!.name;
const ROWS: RecordedRow[] = [
  { item: { word: 'cat' }, answers: [answer(1, 'K AE T'), answer(0.25, 'K')] },
  { item: { word: 'dog' }, answers: [answer(0.75, 'D AO G'), answer(0, '')] },
];

/** @param rows Its rows, with two answers each. */
async function recordedRun(rows: RecordedRow[] = ROWS) {
  const under = await runsUnderTest();
  const evalId = under.url.split('/')[3] as string;
  const { store, ids, evals } = { ...under.api.deps, evals: under.worker.evals };
  const { projectId } = await store.get(KEYS.evaluation(evalId)).then((object) => {
    return JSON.parse(new TextDecoder().decode(object?.body)) as { projectId: string };
  });
  const listedAtMs = Date.UTC(2026, 0);
  const id = timeIdOf('evalrun_', listedAtMs, 'abc-000000004');
  const run: StoredRun = {
    schemaVersion: 1,
    writeId: 'w_1',
    id,
    evalId,
    projectId,
    createdAtMs: listedAtMs + 5_000,
    name: 'Step 4',
    metadata: null,
    dataSource: {
      type: 'completions',
      // Nobody has this model or this file: whoever tried to sample or to read would fail.
      model: 'ft:a:b::c:ckpt-step-4',
      source: { type: 'file_id', id: 'file-gone' },
      sampling_params: { temperature: 0.5, seed: 7, max_completion_tokens: 8 },
    },
    samplesPerItem: 2,
    isRecorded: true,
    state: 'queued',
    lease: null,
    epoch: 0,
    attempts: 0,
    rungAtMs: listedAtMs,
    segments: [],
    counts: { total: 2 * rows.length, errored: 0, failed: 0, passed: 0 },
    perCriterion: CRITERIA.map(({ name }) => ({ testing_criteria: name, passed: 0, failed: 0 })),
    passAtK: emptyPassAtK([1, 2], [NAME]),
    usage: [],
    error: null,
  };
  const lines = rows.map((row) => `${new TextDecoder().decode(encodeStored(row))}\n`).join('');
  await store.put(KEYS.runRows(evalId, id), new TextEncoder().encode(lines));
  await storeRun({ store, ids }, run, listedAtMs);
  return { under, run, listedAtMs, evals, deps: { store, ids } };
}

describe('a recorded run', () => {
  it('is counted as it was graded, with the answers as they were given', async () => {
    const { under, run } = await recordedRun();
    expect(await under.work(run)).toBe('ended');
    expect(await under.read(run)).toMatchObject({
      status: 'completed',
      model: 'ft:a:b::c:ckpt-step-4',
      samples_per_item: 2,
      result_counts: { total: 4, errored: 0, failed: 2, passed: 2 },
      per_testing_criteria_results: CRITERIA.map(({ name }) => ({
        testing_criteria: name,
        passed: 2,
        failed: 2,
        mean_score: 0.5,
      })),
      // Of two answers to each row, one passes.
      pass_at_k: [null, NAME].flatMap((testing_criteria) => [
        { testing_criteria, k: 1, value: 0.5 },
        { testing_criteria, k: 2, value: 1 },
      ]),
      per_model_usage: [{ model_name: 'ft:a:b::c:ckpt-step-4', invocation_count: 4, total_tokens: 20 }],
    });
    const { data } = await under.items(run);
    expect(data.map((item) => [item.datasource_item_id, item.sample_index, item.status])).toEqual([
      [0, 0, 'pass'],
      [0, 1, 'fail'],
      [1, 0, 'pass'],
      [1, 1, 'fail'],
    ]);
    expect(data[2]?.sample).toMatchObject({
      output: [{ role: 'assistant', content: 'D AO G' }],
      temperature: 0.5,
      seed: 7,
    });
  });

  it('is listed once, and stays ended, when it is stored again', async () => {
    const { under, run, listedAtMs, deps } = await recordedRun();
    await under.work(run);
    expect((await storeRun(deps, run, listedAtMs))?.state).toBe('completed');
    const listed = (await under.api.call({ url: under.url })).json() as { data: { id: string }[] };
    expect(listed.data.map(({ id }) => id)).toEqual([run.id]);
    const after = (await under.api.call({ url: `${under.url}?after=${run.id}` })).json() as { data: unknown[] };
    expect(after.data).toEqual([]);
  });

  it('ends although the clock is set back while a worker is at it', async () => {
    const { under, run } = await recordedRun();
    let backMs = 0;
    const clock = new Proxy(under.api.clock, {
      get: (target, name) =>
        name === 'nowMs'
          ? () => target.nowMs() - (backMs += 10)
          : (Reflect.get(target, name) as () => void).bind(target),
    });
    const key = { evalId: run.evalId, runId: run.id };
    expect(await workOnRun({ ...under.worker, clock }, key, WORKER)).toBe('ended');
    expect(await under.read(run)).toMatchObject({ status: 'completed' });
  });

  it('is gone on with by the next worker, from rows that are never held together', async () => {
    const rows = Array.from(
      { length: 80 },
      (_, i): RecordedRow => ({
        item: { word: `w${i}` },
        answers: [answer(i % 2, `first ${i}`), answer(0, `second ${i}`)],
      }),
    );
    const { under, run } = await recordedRun(rows);
    const { store, clock } = under.api.deps;
    const { get, getStream } = store;
    let isStreaming = false;
    store.getStream = async (key, options) => {
      isStreaming = true;
      return getStream.call(store, key, options).finally(() => void (isStreaming = false));
    };
    store.get = (key, options) => {
      if (key === KEYS.runRows(run.evalId, run.id) && !isStreaming) throw new Error('read as a whole');
      return get.call(store, key, options);
    };
    const isLate = { deadlineMs: clock.nowMs() };
    expect(await under.work(run, isLate)).toBe('handed-over');
    expect((await under.read(run)).result_counts).toMatchObject({ passed: 16, failed: 48 });
    expect(await under.work(run, { ...isLate, workerId: 'second' })).toBe('handed-over');
    expect(await under.work(run, { workerId: 'third' })).toBe('ended');
    expect((await under.read(run)).result_counts).toEqual({ total: 160, passed: 40, failed: 120, errored: 0 });
    const { data } = await under.items(run, 'limit=1000');
    expect(data.map((item) => item.sample.output[0]?.content)).toEqual(
      rows.flatMap(({ answers }) => answers.map(({ sample }) => sample['output_text'])),
    );
  });

  it.each([
    [1, 1_000],
    [4, 250],
    [1_000, 100],
    [1_000, 100_000],
    [1, 10_000_000],
  ])('of %i answers to each of %i rows has a place for all results', (samplesPerItem, rows) => {
    const counts = { total: rows * samplesPerItem, errored: 0, failed: 0, passed: 0 };
    expect(Math.ceil(rows / batchRows({ samplesPerItem, counts }))).toBeLessThanOrEqual(MAX_ITEM_SEGMENTS);
  });

  it.each(['run', 'eval'] as const)('does not come back once its owner deleted the %s', async (what) => {
    const { under, run, listedAtMs, deps } = await recordedRun();
    await under.work(run);
    const url = what === 'run' ? `${under.url}/${run.id}` : under.url.replace('/runs', '');
    expect((await under.api.call({ method: 'DELETE', url })).statusCode).toBe(200);
    // As a runner that takes the step again does: rows first.
    await deps.store.put(KEYS.runRows(run.evalId, run.id), new TextEncoder().encode('{}'));
    expect(await storeRun(deps, run, listedAtMs)).toBeUndefined();
    expect((await under.api.call({ url: `${under.url}/${run.id}` })).statusCode).toBe(404);
    const left = [KEYS.runObjects(run.evalId, run.id), KEYS.runIndex(run.evalId), KEYS.activeRun(run.evalId, run.id)];
    for (const prefix of left) for await (const { key } of listAll(deps.store, prefix)) expect(key).toBeUndefined();
  });

  it.each([
    ['run', KEYS.deletedRun],
    ['eval', (id: string) => KEYS.evaluation(id)],
  ] as const)('leaves nothing when its owner deletes the %s while it is stored', async (what, wordOf) => {
    const { under, run, deps } = await recordedRun();
    const other = { ...run, id: timeIdOf('evalrun_', Date.UTC(2026, 0), 'abc-000000008') };
    const { put } = deps.store;
    deps.store.put = async (key, ...rest) => {
      const word = wordOf(run.evalId, other.id);
      // Between what the runner found and what it writes.
      if (key === KEYS.run(run.evalId, other.id))
        await (what === 'run' ? put.call(deps.store, word, new Uint8Array()) : deps.store.delete(word));
      return put.call(deps.store, key, ...rest);
    };
    expect(await storeRun(deps, other)).toBeUndefined();
    expect(await deps.store.head(KEYS.run(run.evalId, other.id))).toBeUndefined();
    expect(await deps.store.head(KEYS.activeRun(run.evalId, other.id))).toBeUndefined();
    for await (const { key } of listAll(deps.store, KEYS.runIndex(run.evalId))) expect(key).not.toContain(other.id);
    expect((await under.api.call({ url: `${under.url}/${other.id}` })).statusCode).toBe(404);
  });

  it('is swept away where its eval is gone and who stored it died', async () => {
    const { run, deps, under } = await recordedRun();
    await deps.store.delete(KEYS.evaluation(run.evalId));
    const swept = await sweepRuns(under.worker.runs, under.api.deps, { ringAfterMs: 60_000 });
    expect(swept).toMatchObject({ seen: 1, cleared: 1, failed: 0 });
    for (const prefix of [KEYS.evaluationObjects(run.evalId), KEYS.runIndex(run.evalId), KEYS.activeRuns])
      for await (const { key } of listAll(deps.store, prefix)) expect(key).toBeUndefined();
  });
});
