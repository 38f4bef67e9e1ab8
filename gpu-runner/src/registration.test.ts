import { MemoryObjectStore } from '@preheat/adapters/memory';
import { JsonLog } from '@preheat/adapters/system';
import type { WarmModel } from '@preheat/contracts';
import { type LeasedJob, RunnerRegistry } from '@preheat/jobs';
import { VirtualClock } from '@preheat/ports';
import { expect, it } from 'vitest';
import type { HeldModels } from './held-models.js';
import { Registration } from './registration.js';

const MINUTE = 60_000;
const leased = (id: string, model: string, etaSeconds: number | null) =>
  ({
    job: {
      id,
      projectId: 'proj-a',
      model,
      phases: [{}],
      lease: {},
      resume: null,
      progress: { phaseIndex: 0, etaSeconds },
    },
  }) as unknown as LeasedJob;

function machine() {
  const clock = new VirtualClock();
  const log = JsonLog.open({ level: 'error', write: () => undefined });
  const deps = { store: new MemoryObjectStore({ clock }), clock, log };
  return { clock, deps, runners: new RunnerRegistry(deps), fromMs: clock.nowMs() };
}

it('says what the runner does for as long as it is there', async () => {
  const { clock, deps, runners, fromMs } = machine();
  const warm = { model: 'base-a', prefix: 'base/base-a', loadMs: 1_200 };
  const held: WarmModel[] = [];
  const heldModels = {
    get list() {
      return held;
    },
  } as unknown as HeldModels;
  const registration = new Registration({ ...deps, runnerId: 'r1', runnerClass: 'gpu', heldModels });
  const beating = registration.beat();
  await clock.advance(1000);
  expect(await runners.alive()).toMatchObject([
    { id: 'r1', runnerClass: 'gpu', startedAtMs: fromMs, warmModels: [], job: null },
  ]);
  await registration.took(leased('job-1', 'base-a', 100));
  const nowMs = clock.nowMs();
  const endsAtMs = { earliest: nowMs + 80_000, latest: nowMs + 130_000 };
  expect(await runners.alive()).toMatchObject([{ job: { jobId: 'job-1', sinceMs: nowMs, endsAtMs } }]);
  await registration.took(leased('job-2', 'base-b', null));
  held.push(warm);
  await registration.took(leased('job-3', 'base-a', null));
  expect(await runners.alive()).toMatchObject([{ warmModels: [warm], job: { jobId: 'job-3', endsAtMs: null } }]);
  await registration.left();
  await clock.advance(60 * MINUTE);
  expect(await runners.alive()).toMatchObject([{ job: null, startedAtMs: fromMs }]);
  await registration.end();
  await beating;
  expect(await runners.alive()).toEqual([]);
  expect(clock.pendingTimers()).toBe(0);
});

it('tells what its jobs took beside training, and counts on it for the next', async () => {
  const { clock, deps, runners } = machine();
  const registration = new Registration({ ...deps, runnerId: 'r1' });
  const first = leased('job-1', 'base-a', 10) as unknown as { job: object };
  await registration.took(first as LeasedJob);
  expect((await runners.alive())[0]).not.toHaveProperty('besideTrainingMs');
  await clock.advance(15_000);
  Object.assign(first.job, { state: 'succeeded', resume: { usage: { trainMs: 11_000 } } });
  await registration.left();
  const besideTrainingMs = { earliest: 4_000, latest: 4_000 };
  expect(await runners.alive()).toMatchObject([{ job: null, besideTrainingMs }]);
  await registration.took(leased('job-2', 'base-a', 10));
  const nowMs = clock.nowMs();
  const endsAtMs = { earliest: nowMs + 8_000 + 4_000, latest: nowMs + 13_000 + 4_000 };
  expect(await runners.alive()).toMatchObject([{ job: { jobId: 'job-2', endsAtMs }, besideTrainingMs }]);
  // One that did not succeed says nothing of those that do.
  await clock.advance(60_000);
  await registration.left();
  expect(await runners.alive()).toMatchObject([{ besideTrainingMs }]);
});

it('is believed for three minutes after it died', async () => {
  const { clock, deps, runners } = machine();
  const dead = { nowMs: () => clock.nowMs(), sleep: () => new Promise<void>(() => undefined) };
  void new Registration({ ...deps, clock: dead, runnerId: 'r1' }).beat();
  await clock.advance(3 * MINUTE - 1);
  expect(await runners.alive()).toHaveLength(1);
  await clock.advance(1);
  expect(await runners.alive()).toEqual([]);
});
