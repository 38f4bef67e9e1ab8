/** Messages that tell of a model to come, on the worker of the embedded platform and its real decoders. */
import { afterEach, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../test-kit/api-under-test.js';
import { answerDoorbell } from './evaluation-worker.js';
import { Evals } from './evals.js';
import { Runs } from './runs.js';
import { warmModel } from './warm-model.js';

let api: ApiUnderTest;
afterEach(() => api.app.close());

const LATER_MS = 60_000;

async function worker() {
  api = await startApi();
  const { deps, clock, logged } = api;
  const opened: string[] = [];
  const { models } = deps;
  const load = models.load.bind(models);
  models.load = (record) => {
    opened.push(record.name);
    return load(record);
  };
  const parts = { ...deps, evals: new Evals(deps), runs: new Runs(deps) };
  const message = (model: string | null, expiresInMs = LATER_MS) => {
    return { kind: 'warm' as const, projectId: 'proj-one', model, expiresAtMs: clock.nowMs() + expiresInMs };
  };
  const answer = (value: unknown) => answerDoorbell(parts, value, { workerId: 'w', leaseTtlMs: 1000 });
  return { deps, opened, message, answer, logged, clock };
}

it('opens the model once, however often it is told, and the first request finds it open', async () => {
  const { opened, message, answer, logged } = await worker();
  for (let i = 0; i < 3; i++) expect(await answer(message('preheat-1m'))).toBe('left');
  expect(opened).toEqual(['preheat-1m']);
  expect(logged.filter(({ fields }) => (fields as { outcome?: string })?.outcome === 'opened')).toHaveLength(3);
  const messages = [{ role: 'user', content: 'cat' }];
  const payload = { model: 'preheat-1m', messages, max_completion_tokens: 1 };
  const response = await api.call({ method: 'POST', url: '/v1/chat/completions', payload });
  expect(response.statusCode).toBe(200);
  expect(opened).toEqual(['preheat-1m']);
});

it('does nothing for a message that comes late and for a model that is not there', async () => {
  const { deps, opened, message, clock } = await worker();
  const late = message('preheat-1m', LATER_MS);
  expect(await warmModel(deps, message('ft:gone'))).toBe('unknown');
  await clock.advance(LATER_MS);
  expect(await warmModel(deps, late)).toBe('expired');
  expect(opened).toEqual([]);
});

it('starts what opens models where none is known yet', async () => {
  const { deps, opened, message } = await worker();
  expect(await warmModel(deps, message(null))).toBe('ready');
  expect(opened).toEqual([]);
});

it('leaves a model that cannot be opened to whoever asks for it', async () => {
  const { deps, message, logged } = await worker();
  deps.models.load = () => Promise.reject(new Error('the bundle is damaged'));
  expect(await warmModel(deps, message('preheat-4m'))).toBe('failed');
  expect(logged.some(({ message: text }) => text.includes('ahead of its first use'))).toBe(true);
});
