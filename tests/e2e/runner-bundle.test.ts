/** The bundle that the runner's image starts: its threads, its Python sandbox and its native parts are found from where it lies. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Platform, startPlatform } from './platform.js';
import { createSmallJob, eventsOf, officialClient, pipelineSteps } from './small-job.js';
import { waitFor } from './wait-for.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the repository, as in the image: modules that stay out of the bundle are found from there. */
const FOLDER = join(ROOT, 'gpu-runner/dist/bundle-under-test');
const TIMEOUT_MS = 300_000;

/** Longer words score more; the least that needs Python. */
const PYTHON_GRADER = {
  type: 'python',
  name: 'length',
  source: 'def grade(sample, item):\n    return min(1.0, len(sample["output_text"]) / 20)',
};

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await promisify(execFile)(process.execPath, [join(ROOT, 'gpu-runner/bundle.mjs'), FOLDER]);
}, TIMEOUT_MS);
afterAll(async () => {
  await platform.stop();
  await rm(FOLDER, { recursive: true, force: true });
});

it('trains, samples and grades', { timeout: TIMEOUT_MS }, async () => {
  const client = officialClient(platform.baseURL);
  platform.startRunner('bundled', join(FOLDER, 'main.js'));
  const { id } = await createSmallJob(client, { sftSteps: 3, rlSteps: 2 }, PYTHON_GRADER);
  const job = await waitFor(
    'the job ending',
    () => client.fineTuning.jobs.retrieve(id),
    ({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status),
    TIMEOUT_MS,
  );
  expect(job, platform.logs()).toMatchObject({ status: 'succeeded', error: null });
  expect(pipelineSteps(await eventsOf(client, id))).toEqual([1, 2, 3, 4, 5]);
});
