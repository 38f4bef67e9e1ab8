/** A run whose answers and scores were recorded by a runner: the ordinary worker counts them, and asks nobody. */
import { encodeStored, KEYS, type RecordedRow, type StoredRun } from '@preheat/contracts';
import { storeRun, timeIdOf } from '@preheat/jobs';
import { describe, expect, it } from 'vitest';
import { CRITERIA, runsUnderTest } from '../test-kit/runs-under-test.js';

const answer = (score: number, output_text: string): RecordedRow['answers'][number] => ({
  sample: {
    output_text,
    model: 'ft:a:b::c:ckpt-step-4',
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  },
  results: CRITERIA.map(({ name, type }) => ({ name, type, score, passed: score >= 0.5, sample: null })),
});

const ROWS: RecordedRow[] = [
  { item: { word: 'cat' }, answers: [answer(1, 'K AE T'), answer(0.25, 'K')] },
  { item: { word: 'dog' }, answers: [answer(0.75, 'D AO G'), answer(0, '')] },
];

async function recordedRun() {
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
    counts: { total: 4, errored: 0, failed: 0, passed: 0 },
    perCriterion: CRITERIA.map(({ name }) => ({ testing_criteria: name, passed: 0, failed: 0 })),
    usage: [],
    error: null,
  };
  const lines = ROWS.map((row) => `${new TextDecoder().decode(encodeStored(row))}\n`).join('');
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
    expect((await storeRun(deps, run, listedAtMs)).state).toBe('completed');
    const listed = (await under.api.call({ url: under.url })).json() as { data: { id: string }[] };
    expect(listed.data.map(({ id }) => id)).toEqual([run.id]);
    const after = (await under.api.call({ url: `${under.url}?after=${run.id}` })).json() as { data: unknown[] };
    expect(after.data).toEqual([]);
  });
});
