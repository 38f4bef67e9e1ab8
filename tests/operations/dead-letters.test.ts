/** The operator's dead letters on a directory, and on S3 and SQS spoken by a wire server: list, inspect, redrive. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlatform, type Platform } from '@preheat/adapters/platform';
import { createResources, startMoto, WIRE_ACCESS } from '@preheat/adapters/wire-servers';
import { operate } from '@preheat/functions';
import { JobStore, LeasedJob, sweepJobs } from '@preheat/jobs';
import { afterAll, describe, expect, it, test } from 'vitest';
import { checkpointAt, identity, newJob } from '../simulation/job-world.js';

const folder = await mkdtemp(join(tmpdir(), 'preheat-operations-'));
const moto = await startMoto();
afterAll(async () => {
  await moto?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs one command of the operator. */
async function run(platform: Platform, ...args: string[]): Promise<{ code: number; lines: Record<string, unknown>[] }> {
  const lines: Record<string, unknown>[] = [];
  const deps = { ...platform, queue: platform.jobQueue };
  const code = await operate(args, new JobStore(deps), deps, (line) => lines.push(line as Record<string, unknown>));
  return { code, lines };
}

async function receive({ jobQueue }: Platform): Promise<unknown[]> {
  const deliveries = await jobQueue.receive({ maxMessages: 10, waitMs: 1_000, visibilityTimeoutMs: 60_000 });
  return deliveries.map(({ message }) => message);
}

/** A job that reached a checkpoint and then failed every attempt, also of those that were only to end it. */
async function deadJob(platform: Platform): Promise<string> {
  const deps = { ...platform, queue: platform.jobQueue };
  const jobs = new JobStore(deps);
  const who = identity();
  const created = await jobs.create(newJob, who);
  if (!created.ok) throw new Error(created.reason);
  const { id } = created.job;
  for (let attempt = 0; attempt < 10; attempt++) {
    // Else the next one waits.
    if (attempt > 0) await jobs.resume(who.projectId, id);
    await receive(platform);
    const leased = await LeasedJob.acquire({ ...deps, jobs }, id, 'r1', 60_000);
    if (attempt === 0) await leased?.checkpoint(checkpointAt(4));
    await leased?.attemptFailed({ code: 'attempt_failed', message: 'the device was lost', param: null });
  }
  await sweepJobs(jobs, deps, { ringAfterMs: 60_000 });
  return id;
}

function lifeOfADeadLetter(open: () => Promise<Platform>): void {
  it('is found, explains itself, and is the same job again after a redrive', async () => {
    const platform = await open();
    const id = await deadJob(platform);
    const listed = await run(platform, 'dead-letters', 'list');
    expect(listed.lines).toEqual([
      expect.objectContaining({
        id,
        resumesFromStep: 4,
        redrives: 0,
        error: expect.objectContaining({ code: 'attempt_failed' }),
      }),
    ]);
    const shown = await run(platform, 'dead-letters', 'show', id);
    expect(shown.lines[0]?.['events']).toEqual(
      expect.arrayContaining([expect.objectContaining({ message: 'Training failed: the device was lost' })]),
    );
    expect(await run(platform, 'dead-letters', 'redrive', '--all')).toEqual({
      code: 0,
      lines: [{ id, state: 'queued' }],
    });
    expect(await receive(platform)).toEqual([{ kind: 'job', jobId: id }]);
    expect((await run(platform, 'dead-letters', 'list')).lines).toEqual([]);
    const deps = { ...platform, queue: platform.jobQueue };
    const jobs = new JobStore(deps);
    const leased = await LeasedJob.acquire({ ...deps, jobs }, id, 'r2', 60_000);
    expect(leased?.job).toMatchObject({
      attempts: 0,
      redrives: 1,
      endedEarly: null,
      error: null,
      finishedAtMs: null,
      resume: { step: 4 },
    });
    await leased?.succeed('ft:done', []);
    expect(await run(platform, 'dead-letters', 'redrive', id)).toMatchObject({ code: 1 });
    expect(await run(platform, 'dead-letters', 'show', 'ftjob-nothing')).toMatchObject({ code: 1 });
    expect((await run(platform, 'dead-letters', 'redrive')).code).toBe(2);
    await platform.close();
  });
}

describe('a dead letter on a directory', () => {
  lifeOfADeadLetter(() =>
    openPlatform({ PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: folder, PREHEAT_LOG_LEVEL: 'error' }, 'test'),
  );
});

describe('a dead letter on S3 and SQS', () => {
  if (moto === undefined) {
    test.skip("needs moto_server on the PATH or in PREHEAT_MOTO_SERVER: pip install 'moto[server]'");
    return;
  }
  lifeOfADeadLetter(async () => {
    const { bucket, jobQueueUrl, evaluationQueueUrl } = await createResources(moto);
    process.env['AWS_ACCESS_KEY_ID'] ??= WIRE_ACCESS.credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] ??= WIRE_ACCESS.credentials.secretAccessKey;
    return openPlatform(
      {
        PREHEAT_STORE: 'aws',
        PREHEAT_BUCKET: bucket,
        PREHEAT_QUEUE_URL: jobQueueUrl,
        PREHEAT_EVALUATION_QUEUE_URL: evaluationQueueUrl,
        AWS_ENDPOINT_URL: moto.endpoint,
        AWS_REGION: WIRE_ACCESS.region,
        PREHEAT_LOG_LEVEL: 'error',
      },
      'test',
    );
  });
});
