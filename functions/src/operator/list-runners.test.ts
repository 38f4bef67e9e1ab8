import { RunnerRegistry } from '@preheat/jobs';
import { expect, it } from 'vitest';
import { startApi } from '../test-kit/api-under-test.js';
import { scaleRunners } from '../scheduling/scale-runners.js';
import { operate } from './operate.js';

const PHASE = {
  ...{
    type: 'supervised' as const,
    algorithm: 'sft',
    trainingFile: 'file-f',
    validationFile: null,
    grader: null,
    config: {},
  },
};

it('lists the runners that are there and what they run', async () => {
  const { app, deps, clock } = await startApi();
  const nowMs = clock.nowMs();
  const times = { startedAtMs: nowMs - 1000, writtenAtMs: nowMs, expiresAtMs: nowMs + 1000 };
  const warmModels = [{ model: 'preheat-1m', prefix: 'base/preheat-1m', loadMs: 20 }];
  const runner = { schemaVersion: 2 as const, runnerClass: 'gpu', ...times, warmModels };
  const endsAtMs = { earliest: nowMs + 1000, latest: nowMs + 2000 };
  const runners = new RunnerRegistry(deps);
  await runners.write({
    ...runner,
    id: 'busy',
    job: { jobId: 'ftjob-1', projectId: 'proj-one', sinceMs: nowMs, endsAtMs },
  });
  await runners.write({ ...runner, id: 'gone', expiresAtMs: nowMs, job: null });
  await runners.write({ ...runner, id: 'idle', job: null });
  const lines: unknown[] = [];
  const run = (...args: string[]) =>
    operate(args, deps.jobs, { ...deps, queue: deps.evaluationQueue }, (line) => lines.push(line));
  expect(await run('runners', 'list')).toBe(0);
  expect(lines).toEqual([
    {
      ...{ id: 'busy', runnerClass: 'gpu', warmModels: ['preheat-1m'] },
      ...{ startedAt: '2029-12-31T23:59:59.000Z', seenAt: '2030-01-01T00:00:00.000Z' },
      job: {
        ...{ id: 'ftjob-1', projectId: 'proj-one' },
        since: '2030-01-01T00:00:00.000Z',
        endsAt: { earliest: '2030-01-01T00:00:01.000Z', latest: '2030-01-01T00:00:02.000Z' },
      },
    },
    expect.objectContaining({ id: 'idle', job: null }),
  ]);
  expect(await run('runners', 'show')).toBe(2);
  lines.length = 0;
  expect(await run('runners', 'wanted')).toBe(0);
  await deps.jobs.create(
    {
      ...{ model: 'preheat-1m', trainingFile: 'file-f', validationFile: null, suffix: null, seed: 1 },
      ...{ metadata: null, method: null, phases: [PHASE] },
    },
    { projectId: 'proj-one', keyDigest: null, bodyDigest: 'x', isRetry: false },
  );
  await scaleRunners(deps);
  expect(await run('runners', 'wanted')).toBe(0);
  expect(lines).toEqual([
    { wanted: 0, runners: 0, jobs: 0, backlogSeconds: 0, at: null },
    { wanted: 2, runners: 2, jobs: 2, backlogSeconds: 21.5, at: '2030-01-01T00:00:00.000Z' },
  ]);
  await app.close();
});
