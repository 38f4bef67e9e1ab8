/** What of a sweep must not wait for the rest of it. */
import { KEYS } from '@preheat/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Evals } from './evaluation/evals.js';
import { Runs } from './evaluation/runs.js';
import { NOT_SCALED, sweep, type SweepParts } from './sweep.js';
import { type ApiUnderTest, startApi } from './test-kit/api-under-test.js';
import { jsonl, SFT_ROWS } from './test-kit/rows.js';
import { WebhookDeliveries } from './webhooks/webhook-deliveries.js';
import { WebhookEndpoints } from './webhooks/webhook-endpoints.js';

let api: ApiUnderTest;
let asked: number[];
let parts: SweepParts;

beforeEach(async () => {
  api = await startApi();
  asked = [];
  const { deps } = api;
  parts = {
    ...deps,
    jobQueue: deps.evaluationQueue,
    evals: new Evals(deps),
    runs: new Runs(deps),
    webhooks: new WebhookDeliveries(deps, new WebhookEndpoints(deps)),
    orphanGraceMs: 3_600_000,
    runnerFleet: { wanted: async () => asked.at(-1) ?? 0, want: async (runners) => void asked.push(runners) },
    queueOptions: { maxRunners: 4 },
  };
  const training_file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
  const payload = { model: 'preheat-1m', training_file };
  const { statusCode, body } = await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload });
  if (statusCode !== 200) throw new Error(body);
});
afterEach(() => api.app.close());

it('asks for runners although the jobs cannot be swept to their end', async () => {
  const { store } = parts;
  const list = store.list.bind(store);
  store.list = (prefix, options) => (prefix === KEYS.activeJobs ? new Promise(() => undefined) : list(prefix, options));
  void sweep(parts, { ringAfterMs: 60_000 });
  await expect.poll(() => asked).toEqual([1]);
});

it('sweeps although runners cannot be asked for, and says so', async () => {
  const refused = { wanted: () => Promise.reject(new Error('throttled')), want: async () => undefined };
  await sweep({ ...parts, runnerFleet: refused }, { ringAfterMs: 0 });
  expect(api.logged).toContainEqual(expect.objectContaining({ level: 'error', message: NOT_SCALED }));
  const swept = api.logged.find(({ message }) => message === 'swept');
  expect(swept?.fields).toMatchObject({ jobs: { seen: 1, rung: 1 } });
});
