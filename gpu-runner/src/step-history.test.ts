/** What a runner that takes a job over knows of its steps. */
import type { NewEvent } from '@preheat/contracts';
import { appendEvents } from '@preheat/jobs';
import { HISTORY_STEPS, isEvaluated } from '@preheat/recipes';
import { afterAll, expect, it } from 'vitest';
import { stepHistory } from './step-history.js';
import { documentOf, executor, phases, world } from './test-kit/job-under-test.js';

afterAll(() => executor.dispose());

const EVERY = 500;

/** Six evaluations, with the steps between them. */
const steps = Array.from({ length: 6 * EVERY }, (_, i): NewEvent => {
  const step = i + 1;
  const valid = step % EVERY === 0 ? { full_valid_mean_reward: 0.5 } : {};
  const data = { phase: 0, step, train_mean_reward: 0.1, ...valid };
  return { level: 'info', type: 'metrics', message: `Step ${step}`, data };
});
const resumed: NewEvent = { level: 'info', type: 'message', message: 'Resumed', data: { kind: 'resumed' } };

async function historyOf(events: readonly NewEvent[]) {
  const at = await world({}, { phases: phases({}, true).slice(1) });
  const job = await documentOf(at);
  const logged = { ...job, ...(await appendEvents(at.store, job, events, 0, 'w')) };
  return stepHistory(at.jobs, logged, 0);
}

it('are the newest, and as many evaluated ones as their course takes, however far apart', async () => {
  const history = await historyOf(steps);
  const evaluated = history.filter(isEvaluated).map(({ step }) => step);
  expect(evaluated.slice(-5)).toEqual([1000, 1500, 2000, 2500, 3000]);
  expect(history.slice(-HISTORY_STEPS).map(({ step }) => step)).toEqual(
    Array.from({ length: HISTORY_STEPS }, (_, i) => 3000 - HISTORY_STEPS + 1 + i),
  );
});

it('are none from before the job was resumed', async () => {
  const history = await historyOf([...steps.slice(0, 1200), resumed, ...steps.slice(1200)]);
  expect(history.filter(isEvaluated).map(({ step }) => step)).toEqual([1500, 2000, 2500, 3000]);
});
