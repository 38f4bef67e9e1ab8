/**
 * What the wire says of a run that a job's validation became: trained, validated and recorded by the production runner, counted by the
 * ordinary worker, listed by the API. Its items were made by no route that checks them.
 */
import { encodeStored, type EvalRunObject, KEYS, type OutputItem, type StoredEval } from '@preheat/contracts';
import { afterAll, expect, it } from 'vitest';
import { hashOfKey } from '../../functions/src/access/api-keys.js';
import { Evals } from '../../functions/src/evaluation/evals.js';
import { Runs } from '../../functions/src/evaluation/runs.js';
import { workOnRun } from '../../functions/src/evaluation/work-on-run.js';
import { KEY, startApi } from '../../functions/src/test-kit/api-under-test.js';
import { runJob } from '../../gpu-runner/src/run-job.js';
import { executor, leaseOf, never, phases, world } from '../../gpu-runner/src/test-kit/job-under-test.js';
import { problemsOf } from './wire/check-exchange.js';

afterAll(() => executor.dispose());

const EVAL_ID = 'eval_000000001x';
const leaf = (name: string, reference: string) => ({
  type: 'text_similarity',
  name,
  input: '{{ sample.output_text }}',
  reference,
  evaluation_metric: 'fuzzy_match',
});
/** With what only some results tell: scores of its parts. */
const GRADER = {
  type: 'multi',
  name: 'both',
  graders: { cat: leaf('cat', 'K AE T'), dog: leaf('dog', 'D AA G') },
  calculate_output: '0.5 * cat + 0.5 * dog',
};

async function recorded(evalSamples: number) {
  const api = await startApi({ apiKeys: [{ hash: Buffer.from(hashOfKey(KEY), 'hex'), projectId: 'proj' }] });
  const [, rl] = phases({}, true, { eval_interval: 1, eval_rows: 3, eval_samples: evalSamples, max_steps: 1 });
  const at = await world({}, { phases: [{ ...rl!, grader: GRADER }] }, api.deps.store);
  const evaluation: StoredEval = {
    ...{ schemaVersion: 1, id: EVAL_ID, projectId: 'proj', createdAtMs: 1, name: 'rewards', metadata: null },
    ...{ itemSchema: {}, includeSampleSchema: true },
    testingCriteria: [{ ...GRADER, pass_threshold: 0.3 } as never],
  };
  await at.store.put(KEYS.evaluation(EVAL_ID), encodeStored(evaluation));
  await at.jobs.documents.update(KEYS.job(at.jobId), (job) => ({ ...job, evalId: EVAL_ID }));
  expect(await runJob(at.deps, await leaseOf(at), never)).toBe('succeeded');
  /** The body of an answer that fits the wire in every part. */
  const read = async <T>(path: string): Promise<T> => {
    const answer = await api.call({ url: `/v1${path}` });
    const problems = problemsOf({
      ...{ method: 'GET', path: path.replace(/\?.*/, ''), userAgent: 'test', requestType: '', requestBody: '' },
      ...{ status: answer.statusCode, requestId: answer.headers['x-request-id'] as string | undefined },
      ...{ answerType: String(answer.headers['content-type']), answerBody: answer.body },
    });
    expect(problems).toEqual([]);
    return answer.json() as T;
  };
  const work = (runId: string) => {
    const deps = { ...api.deps, evals: new Evals(api.deps), runs: new Runs(api.deps) };
    return workOnRun(deps, { evalId: EVAL_ID, runId }, { workerId: 'worker', leaseTtlMs: 30_000 });
  };
  return { api, read, work };
}

it.each([1, 3])('items, run and lists of a recorded run of %i answers to each row fit the wire', async (samples) => {
  const { api, read, work } = await recorded(samples);
  const base = `/evals/${EVAL_ID}/runs`;
  const before = await read<{ data: EvalRunObject[] }>(base);
  expect(before.data.map(({ status }) => status)).toEqual(['queued']);
  const [{ id }] = before.data as [EvalRunObject];
  expect(await work(id)).toBe('ended');
  const run = await read<EvalRunObject>(`${base}/${id}`);
  expect(run).toMatchObject({ status: 'completed', result_counts: { total: 3 * samples, errored: 0 } });
  expect(run.pass_at_k?.map(({ k }) => k) ?? null).toEqual(samples === 1 ? null : [1, 2, 3, 1, 2, 3]);
  const items = await read<{ data: OutputItem[] }>(`${base}/${id}/output_items?limit=100`);
  expect(items.data).toHaveLength(3 * samples);
  for (const item of items.data) {
    expect(await read(`${base}/${id}/output_items/${item.id}`)).toEqual(item);
    expect(item.sample.input.map(({ role }) => role)).toEqual(['user']);
    expect(Object.keys(item.results[0]?.sub_scores ?? {}).sort()).toEqual(['cat', 'dog']);
  }
  await api.app.close();
});
