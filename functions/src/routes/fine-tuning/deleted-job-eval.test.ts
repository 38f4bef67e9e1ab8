/** The create of a job, repeated while the owner deletes the eval that was made with the job. */
import { KEYS, type FineTuningJob } from '@preheat/contracts';
import { expect, it } from 'vitest';
import { createJob, filesOfJobs } from '../../test-kit/job-requests.js';
import { GRADER } from '../../test-kit/rows.js';

async function world() {
  const { api, rl } = await filesOfJobs();
  const method = { type: 'reinforcement', reinforcement: { grader: GRADER } };
  const body = { model: 'preheat-1m', training_file: rl, method, preflight: { force: true, sample_rows: 0 } };
  const create = () => createJob(api, body, { 'idempotency-key': 'once' });
  const { eval_id: id } = (await create()).json() as FineTuningJob;
  if (id === null) throw new Error('the job has no eval');
  const { store } = api.deps;
  const listed = async () => (await store.list('index/evals/')).entries.map(({ key }) => key);
  const deletion = () => api.call({ method: 'DELETE', url: `/v1/evals/${id}` });
  return { store, id, create, deletion, listed };
}

function signal() {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}

it.each([
  ['its mark', 'put', KEYS.doomedEval],
  ['its entry', 'delete', null],
  ['its document', 'delete', KEYS.evaluation],
  ['the mark again', 'delete', KEYS.doomedEval],
  ['nothing more', 'delete', () => 'no such key'],
] as const)('does not list the eval again while the deletion has still to write %s', async (what, verb, keyOf) => {
  const { store, id, create, deletion, listed } = await world();
  const [entry = ''] = await listed();
  const heldKey = keyOf ? keyOf(id) : entry;
  const [reached, repeated] = [signal(), signal()];
  let isHeld = false;
  const hold = async (key: string): Promise<void> => {
    if (isHeld || key !== heldKey) return;
    isHeld = true;
    reached.give();
    await repeated.given;
  };
  let deleting: Promise<unknown> | undefined;
  const { put, delete: remove } = store;
  store.delete = async (key) => {
    if (verb === 'delete') await hold(key);
    return remove.call(store, key);
  };
  store.put = async (key, ...rest) => {
    if (key === entry) await Promise.race([reached.given, (deleting = deletion())]);
    if (verb === 'put') await hold(key);
    return put.call(store, key, ...rest);
  };
  expect((await create()).statusCode).toBe(200);
  repeated.give();
  expect(await deleting).toMatchObject({ statusCode: 200 });
  expect([isHeld, await listed()]).toEqual([what !== 'nothing more', []]);
});
