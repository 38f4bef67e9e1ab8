import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { JsonLog } from '@preheat/adapters/system';
import { KEYS, type RunnerRecord, type ScaleRecord } from '@preheat/contracts';
import { CapacityHolds, JobStore, LeasedJob, MAX_LISTED, ProjectRosters, RunnerRegistry } from '@preheat/jobs';
import { type JsonValue, type RunnerFleet, VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import type { QueueOptions } from '../fine-tuning/queue/queue-outlook.js';
import { CAPACITY_HELD, NOBODY_THERE, scaleRunners } from './scale-runners.js';

/** A boot of three minutes is worth a wait of a ninth of that. */
const WORTH_MS = 20_000;
const SWEEP_MS = 60_000;

function farm(options: QueueOptions = { maxRunners: 8 }, hasFleet = true) {
  const clock = new VirtualClock();
  let count = 0;
  const logged: string[] = [];
  const ports = {
    store: new MemoryObjectStore({ clock }),
    queue: new MemoryWorkQueue<JsonValue>({ clock }),
    clock,
    ids: { next: (prefix: string) => `${prefix}${++count}` },
    log: JsonLog.open({ level: 'warn', write: (line) => void logged.push(messageOf(line)) }),
  };
  const jobs = new JobStore(ports);
  const asked: number[] = [0];
  const runnerFleet: RunnerFleet = {
    wanted: async () => asked.at(-1) ?? 0,
    want: async (runners) => void asked.push(runners),
  };
  const deps = { ...ports, jobs, ...(hasFleet ? { runnerFleet } : {}) };
  const submit = async (projectId = 'a'): Promise<string> => {
    const phases = [
      { type: 'supervised', algorithm: 'sft', trainingFile: 'file-f', validationFile: null, grader: null, config: {} },
    ] as const;
    const outcome = await jobs.create(
      {
        ...{
          model: 'm',
          trainingFile: 'file-f',
          validationFile: null,
          suffix: null,
          seed: 1,
          metadata: null,
          method: null,
        },
        phases: [...phases],
      },
      { projectId, keyDigest: null, bodyDigest: String(count), isRetry: false },
    );
    if (!outcome.ok) throw new Error(outcome.reason);
    return outcome.job.id;
  };
  /** A runner that takes the job, and has `leftMs` of it to go. */
  const work = async (jobId: string, leftMs: number): Promise<LeasedJob> => {
    const leased = await LeasedJob.acquire(deps, jobId, `on-${jobId}`, 600_000);
    if (!leased) throw new Error('the job cannot be leased');
    await new ProjectRosters(deps).enter(leased, Infinity);
    await ports.store.delete(
      (await ports.store.list(KEYS.waiting)).entries.find(({ key }) => key.endsWith(jobId))?.key ?? '',
    );
    const nowMs = clock.nowMs();
    const job = { jobId, projectId: leased.job.projectId, sinceMs: nowMs, endsAtMs: spanOf(nowMs + leftMs) };
    await new RunnerRegistry(deps).write(recordOf(`on-${jobId}`, nowMs, job));
    return leased;
  };
  const scale = async (afterMs = 0) => {
    await clock.advance(afterMs);
    return scaleRunners(deps, options);
  };
  const record = async (): Promise<ScaleRecord | undefined> => {
    const object = await ports.store.get(KEYS.scale);
    return object && (JSON.parse(new TextDecoder().decode(object.body)) as ScaleRecord);
  };
  return { deps, asked, logged, submit, work, scale, record };
}

/** Writes entries of more waiting jobs than one looks at. */
async function crowd({ store }: ReturnType<typeof farm>['deps']): Promise<void> {
  for (let i = 0; i <= MAX_LISTED; i++) {
    await store.put(KEYS.waitingJob('a', { isAhead: false, priority: 0, sinceMs: i }, `j${i}`), new Uint8Array());
  }
}

const messageOf = (line: string): string => (JSON.parse(line) as { message: string }).message;

const spanOf = (ms: number) => ({ earliest: ms, latest: ms });

function recordOf(id: string, nowMs: number, job: RunnerRecord['job']): RunnerRecord {
  const times = { startedAtMs: nowMs, writtenAtMs: nowMs, expiresAtMs: nowMs + 3_600_000 };
  return { schemaVersion: 2, id, runnerClass: 'gpu', ...times, warmModels: [], job };
}

describe('the number of runners', () => {
  it('is nobody for nothing, and then nothing is written', async () => {
    const { asked, scale, record } = farm();
    expect(await scale()).toBe(0);
    expect([asked, await record()]).toEqual([[0], undefined]);
  });

  it('is one for each job of which nothing is known, at once, up to the ceiling', async () => {
    const { asked, submit, scale } = farm({ maxRunners: 3 });
    await submit();
    expect(await scale()).toBe(1);
    for (let i = 0; i < 9; i++) await submit();
    expect(await scale(SWEEP_MS)).toBe(3);
    expect(asked).toEqual([0, 1, 3]);
  });

  it('counts what running jobs have yet to run, and no runner for what they will soon have done', async () => {
    const { submit, work, scale } = farm();
    const [first, second] = [await submit(), await submit()];
    await work(first, WORTH_MS / 8);
    await work(second, WORTH_MS / 8);
    await submit();
    // 0.125 + 0.125 + 1 of what a wait is worth.
    expect(await scale()).toBe(2);
  });

  it('is no more than the bounds of projects let run', async () => {
    const { submit, work, scale } = farm({ maxRunners: 8, jobsPerProject: (id) => (id === 'a' ? 2 : Infinity) });
    await work(await submit('a'), 3_600_000);
    for (let i = 0; i < 5; i++) await submit('a');
    await submit('b');
    expect(await scale()).toBe(3);
  });

  it('falls when a minute asked for less, and not while a burst is on', async () => {
    const { deps, asked, submit, work, scale } = farm();
    const jobs = [await submit(), await submit(), await submit(), await submit()];
    expect(await scale()).toBe(4);
    for (const id of jobs) {
      const leased = await work(id, 1_000);
      await leased.succeed('ft:m', []);
      await new ProjectRosters(deps).leave(leased);
      await new RunnerRegistry(deps).remove(`on-${id}`);
    }
    expect(await scale(30_000)).toBe(4);
    expect(await scale(SWEEP_MS)).toBe(0);
    expect(asked).toEqual([0, 4, 0]);
    expect(await scale(SWEEP_MS)).toBe(0);
  });

  it('is asked for again when asking failed', async () => {
    const { deps, submit, scale } = farm();
    await submit();
    const { runnerFleet } = deps as { runnerFleet: RunnerFleet };
    const { want } = runnerFleet;
    runnerFleet.want = () => Promise.reject(new Error('throttled'));
    await expect(scale()).rejects.toThrow('throttled');
    runnerFleet.want = want;
    expect(await scale(SWEEP_MS)).toBe(1);
    expect(await runnerFleet.wanted()).toBe(1);
  });

  it('is the ceiling when more wait than one looks at, whatever a boot takes', async () => {
    // A ninth of five minutes is no whole number of milliseconds.
    const { deps, asked, scale, record } = farm({ maxRunners: 4, bootMs: 300_000 });
    await crowd(deps);
    expect(await scale()).toBe(4);
    expect(asked).toEqual([0, 4]);
    expect(await record()).toMatchObject({ jobs: MAX_LISTED, wanted: 4 });
  });

  it('is what all that one looks at would ask for when more wait and nobody starts runners', async () => {
    const { deps, scale } = farm({}, false);
    await crowd(deps);
    expect(await scale()).toBe(MAX_LISTED);
  });

  it('is nobody where none may run', async () => {
    const { asked, submit, scale, logged } = farm({ maxRunners: 0 });
    await submit();
    expect([await scale(), asked, logged]).toEqual([0, [0], []]);
  });

  it('is nobody while capacity is held, and then nobody is missed; what waits asks again once it is lifted', async () => {
    const { deps, asked, submit, work, scale, record, logged } = farm();
    const [first] = [await submit(), await submit()];
    await work(first, 3_600_000);
    expect(await scale()).toBe(2);
    const holds = new CapacityHolds(deps);
    const [sinceMs, untilMs] = [deps.clock.nowMs(), null];
    await holds.set({ sinceMs, untilMs, reason: 'the budget is spent', running: 'finish' });
    expect(await scale(SWEEP_MS)).toBe(0);
    expect(await record()).toMatchObject({ jobs: 2, wanted: 0 });
    await new RunnerRegistry(deps).remove(`on-${first}`);
    expect([await scale(SWEEP_MS), logged]).toEqual([0, [CAPACITY_HELD, CAPACITY_HELD]]);
    await holds.lift('operator');
    expect(await scale(SWEEP_MS)).toBe(1);
    expect(asked).toEqual([0, 2, 0, 1]);
  });

  it('is not held by what cannot be read', async () => {
    const { deps, submit, scale, logged } = farm();
    await submit();
    await deps.store.put(KEYS.hold, new TextEncoder().encode('{'));
    expect(await scale()).toBe(1);
    expect(logged).toContain('whether capacity is held cannot be read; jobs and runners are started');
  });

  it('is told while nobody is there, and not once somebody is', async () => {
    const { submit, work, scale, logged } = farm();
    const [first] = [await submit(), await submit()];
    await scale();
    await scale(SWEEP_MS);
    expect(logged).toEqual([NOBODY_THERE, NOBODY_THERE]);
    await work(first, 3_600_000);
    expect(await scale(SWEEP_MS)).toBeGreaterThan(0);
    expect(logged).toHaveLength(2);
  });

  it('is kept for operators where nobody starts runners, without a ceiling', async () => {
    const { submit, scale, record } = farm({}, false);
    for (let i = 0; i < 5; i++) await submit();
    expect(await scale()).toBe(5);
    expect(await record()).toMatchObject({ jobs: 5, runners: 0, wanted: 5, samples: [{ backlogMs: 5 * WORTH_MS }] });
  });
});
