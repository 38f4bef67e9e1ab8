/** kill -9 of the runner in the middle of either phase: the next runner finishes the same job as if nothing had been. */
import { once } from 'node:events';
import type OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Platform, startPlatform } from './platform.js';
import { createSmallJob, eventsOf, officialClient, pipelineSteps } from './small-job.js';
import { waitFor } from './wait-for.js';

const SIZES = { sftSteps: 80, rlSteps: 24 };
const TIMEOUT_MS = 300_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, TIMEOUT_MS);
afterAll(() => platform.stop());

/** Starts a runner and kills it once the job's log shows a step in the range. */
async function killDuring(client: OpenAI, jobId: string, runnerId: string, from: number, to: number): Promise<void> {
  const runner = platform.startRunner(runnerId);
  const lastStep = async () => pipelineSteps(await eventsOf(client, jobId)).at(-1) ?? 0;
  const step = await waitFor(`a step from ${from}`, lastStep, (seen) => seen >= from, TIMEOUT_MS);
  expect(step, 'the runner was faster than this test could look').toBeLessThan(to);
  runner.child.kill('SIGKILL');
  await once(runner.child, 'exit');
}

it('finishes from the last checkpoint, with no step missing or doubled', { timeout: TIMEOUT_MS }, async () => {
  const client = officialClient(platform.baseURL);
  const { id } = await createSmallJob(client, SIZES);
  const total = SIZES.sftSteps + SIZES.rlSteps;
  await killDuring(client, id, 'runner-1', 7, SIZES.sftSteps);
  await killDuring(client, id, 'runner-2', SIZES.sftSteps + 1, total);
  platform.startRunner('runner-3');
  const job = await waitFor(
    'the job ending',
    () => client.fineTuning.jobs.retrieve(id),
    ({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status),
    TIMEOUT_MS,
  );
  expect(job.status, platform.logs()).toBe('succeeded');
  const events = await eventsOf(client, id);
  expect(pipelineSteps(events)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  expect(events.filter(({ message }) => message.startsWith('The runner was lost'))).toHaveLength(2);
  const resumed = events.filter(({ message }) => message.includes('resuming from step'));
  expect(resumed.length).toBeGreaterThanOrEqual(2);
});
