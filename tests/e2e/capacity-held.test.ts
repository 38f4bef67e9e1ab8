/** The operator's hold on the embedded platform, as processes: nothing starts, the user is told why, and a lift lets it go on. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Platform, startPlatform } from './platform.js';
import { createSmallJob, eventsOf, officialClient, pipelineSteps } from './small-job.js';
import { waitFor } from './wait-for.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Far longer than a runner takes to notice a hold. */
const SIZES = { sftSteps: 400, rlSteps: 2 };
const TIMEOUT_MS = 300_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, TIMEOUT_MS);
afterAll(() => platform.stop());

/** As `npm run operator` does. */
async function operator(...args: string[]): Promise<unknown> {
  const command = ['--conditions=source', '--import', 'tsx', 'functions/src/operator/main.ts', ...args];
  const env = { PATH: process.env['PATH'], PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: platform.dataDir };
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, env });
  return JSON.parse(stdout);
}

it('keeps jobs waiting, takes one that runs off its runner, and loses nothing', { timeout: TIMEOUT_MS }, async () => {
  const client = officialClient(platform.baseURL);
  const hold = ['capacity', 'hold', '--reason', 'the budget is spent'];
  expect(await operator(...hold)).toMatchObject({ held: true, running: 'checkpoint' });
  const runner = platform.startRunner('runner-1');
  const { id } = await createSmallJob(client, SIZES);
  await runner.seen('no job is taken: capacity is held');
  const job = async () =>
    (await client.fineTuning.jobs.retrieve(id)) as unknown as { status: string; queue: { reason: string } | null };
  expect(await job()).toMatchObject({ status: 'queued', queue: { reason: 'no job is started: the budget is spent' } });
  await operator('capacity', 'lift');
  const lastStep = async () => pipelineSteps(await eventsOf(client, id)).at(-1) ?? 0;
  const seen = await waitFor('a step', lastStep, (step) => step > 0, TIMEOUT_MS);
  expect(seen, 'the runner was faster than this test could look').toBeLessThan(SIZES.sftSteps);
  await operator(...hold);
  const left = await waitFor('the job waiting', job, ({ status }) => status !== 'running', TIMEOUT_MS);
  expect(left, platform.logs()).toMatchObject({
    status: 'queued',
    queue: { reason: 'no job is started: the budget is spent' },
  });
  expect(await operator('capacity', 'lift')).toMatchObject({ lifted: { held: true } });
  const before = await lastStep();
  await waitFor('a step after the lift', lastStep, (step) => step > before, TIMEOUT_MS);
  const steps = pipelineSteps(await eventsOf(client, id));
  expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1));
  const { status } = await client.fineTuning.jobs.cancel(id);
  expect(status).toBe('cancelled');
});
