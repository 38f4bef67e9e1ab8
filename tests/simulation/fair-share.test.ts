/** Which job a free runner takes: runners are shared between projects, within their bounds, each project in its own order. */
import { type JobDocument, KEYS } from '@preheat/contracts';
import { type LeasedJob, type NewJob, ProjectRosters, RunnerRegistry, sweepJobs } from '@preheat/jobs';
import { describe, expect, it } from 'vitest';
import type { RunnerDependencies } from '../../gpu-runner/src/runner-dependencies.js';
import { type Look, takeJob } from '../../gpu-runner/src/take-job.js';
import { identity, JobWorld, LEASE_TTL_MS, newJob } from './job-world.js';

const LOAD_MS = 38_000;

const from = (prefix: string): Partial<NewJob> => ({
  startsFrom: {
    ...{ schemaVersion: 1, name: 'm', kind: 'base', projectId: null, createdAtMs: 0, ownedBy: 'preheat' },
    ...{ prefix, jobId: null, base: null },
  },
});

class Farm extends JobWorld {
  readonly rosters = new ProjectRosters({ ...this.deps, jobs: this.jobs });

  async submit(projectId: string, over: Partial<NewJob> = {}): Promise<string> {
    await this.clock.advance(1);
    const outcome = await this.jobs.create({ ...newJob, ...over }, identity({ projectId }));
    if (!outcome.ok) throw new Error(outcome.reason);
    return outcome.job.id;
  }

  /** @param rung The job that a message named. */
  async take(limit = Infinity, rung?: string): Promise<LeasedJob | undefined> {
    return (await this.look({ limit, ...(rung === undefined ? {} : { rung }) })).leased;
  }

  /** @param held Prefixes of the models that the runner holds. */
  async look({
    limit = Infinity,
    held = [] as string[],
    rung = undefined as string | undefined,
    servedLast = undefined as string | undefined,
  } = {}): Promise<Look> {
    await this.clock.advance(1);
    const deps = {
      ...this.deps,
      jobs: this.jobs,
      runnerId: 'r',
      leaseTtlMs: LEASE_TTL_MS,
      jobsPerProject: () => limit,
      heldModels: { holds: (prefix: string) => held.includes(prefix) },
    };
    // Only what taking a job needs.
    return takeJob(deps as unknown as RunnerDependencies, { rung, servedLast });
  }

  /** Another runner that holds the model. @param freeInMs 0: it is idle. */
  async holder(prefix: string, freeInMs: number, loadMs = LOAD_MS): Promise<void> {
    const nowMs = this.clock.nowMs();
    const endsAtMs = { earliest: nowMs + freeInMs, latest: nowMs + freeInMs };
    await new RunnerRegistry(this.deps).write({
      ...{ schemaVersion: 2, id: `holder of ${prefix}`.replaceAll(/[^a-z]/g, '-'), runnerClass: 'gpu' },
      ...{ startedAtMs: nowMs, writtenAtMs: nowMs, expiresAtMs: nowMs + 180_000 },
      warmModels: [{ model: 'm', prefix, loadMs }],
      job: freeInMs > 0 ? { jobId: 'j', projectId: 'p', sinceMs: nowMs, endsAtMs } : null,
    });
  }

  /** The entries of the index. */
  async waiting(): Promise<string[]> {
    return (await this.store.list(KEYS.waiting)).entries.map(({ key }) => key);
  }

  async finish(leased: LeasedJob | undefined): Promise<void> {
    await leased?.succeed('ft:x', []);
    if (leased) await this.rosters.leave(leased);
  }
}

const idOf = (leased: LeasedJob | undefined): string | undefined => leased?.job.id;

describe('a free runner', () => {
  it('serves a project with one job next, although another has a hundred that came before', async () => {
    const farm = new Farm();
    for (let i = 0; i < 100; i++) await farm.submit('big');
    const running = [await farm.take(), await farm.take()];
    const small = await farm.submit('small');
    await farm.finish(running[0]);
    expect(idOf(await farm.take())).toBe(small);
  });

  it('serves projects by turns on a single runner', async () => {
    const farm = new Farm();
    for (const project of ['a', 'a', 'a', 'b', 'b', 'c']) await farm.submit(project);
    const order: string[] = [];
    for (let i = 0; i < 6; i++) {
      const leased = await farm.take();
      order.push(leased?.job.projectId ?? '');
      await farm.finish(leased);
    }
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
  });

  it('serves every project although more wait than one look considers, in whatever order they came', async () => {
    for (const isReversed of [false, true]) {
      const farm = new Farm();
      const projects = Array.from({ length: 300 }, (_, n) => `p${String(n).padStart(3, '0')}`);
      if (isReversed) projects.reverse();
      for (const project of projects) for (let job = 0; job < 2; job++) await farm.submit(project);
      const served = new Set<string>();
      let servedLast: string | undefined;
      for (let looks = 0; looks < 340; looks++) {
        const { leased } = await farm.look({ servedLast });
        servedLast = leased?.job.projectId;
        served.add(servedLast ?? '');
        await farm.finish(leased);
      }
      expect(served.size).toBe(300);
    }
  });

  it('considers the project of the job that a message named, although others come first and fill the look', async () => {
    const farm = new Farm();
    for (let n = 0; n < 256; n++) await farm.submit(`p${String(n).padStart(3, '0')}`, { priority: 100 });
    for (let n = 0; n < 256; n++) await farm.finish((await farm.look({})).leased);
    for (let n = 0; n < 256; n++) await farm.submit(`p${String(n).padStart(3, '0')}`);
    const last = await farm.submit('z');
    expect(idOf((await farm.look({ rung: last })).leased)).toBe(last);
  });

  it('takes the jobs of one project by priority, then by age', async () => {
    const farm = new Farm();
    const low = await farm.submit('a', { priority: -100 });
    const [first, second] = [await farm.submit('a'), await farm.submit('a')];
    const high = await farm.submit('a', { priority: 100 });
    const taken = [await farm.take(), await farm.take(), await farm.take(), await farm.take()];
    expect(taken.map(idOf)).toEqual([high, first, second, low]);
  });

  it('lets a job that lost its runner go before all new ones, whatever their priority', async () => {
    const farm = new Farm();
    const preempted = await farm.submit('a', { priority: -100 });
    const leased = await farm.take();
    await farm.submit('a', { priority: 100 });
    await farm.submit('b', { priority: 100 });
    await leased?.release('spot notice');
    if (leased) await farm.jobs.ring(leased.job);
    expect(idOf(await farm.take())).toBe(preempted);
  });

  it('leaves a job alone whose last attempt failed, whatever message comes, until the sweeper finds that it is time', async () => {
    const farm = new Farm();
    const failing = await farm.submit('a');
    const sweep = () => sweepJobs(farm.jobs, farm.deps, { ringAfterMs: 1000 });
    for (const waitMs of [30_000, 60_000]) {
      const leased = await farm.take();
      await leased?.attemptFailed({ code: 'attempt_failed', message: 'the device was lost', param: null });
      const { events } = await farm.jobs.events(leased?.job as JobDocument, { limit: 1 });
      const retryAt = Math.ceil((farm.clock.nowMs() + waitMs) / 1000);
      expect(events[0]?.data).toEqual({ kind: 'attempt_failed', retry_at: retryAt });
      await farm.clock.advance(waitMs - 2);
      expect(await farm.take(Infinity, failing)).toBeUndefined();
      expect(await sweep()).toMatchObject({ rung: 0 });
      await farm.clock.advance(1);
      expect(await sweep()).toMatchObject({ rung: 1 });
    }
    expect(idOf(await farm.take())).toBe(failing);
  });

  it('leaves it alone where an entry from before the failure is met, and deletes that', async () => {
    const farm = new Farm();
    await farm.submit('a');
    const [entry = ''] = await farm.waiting();
    const leased = await farm.take();
    // As if a ring had been slow.
    await farm.store.put(entry, new Uint8Array());
    await leased?.attemptFailed({ code: 'attempt_failed', message: 'the device was lost', param: null });
    expect(await farm.take()).toBeUndefined();
    expect(await farm.waiting()).toEqual([]);
  });

  it('leaves no entry of a job that it took, although it met it at another one than where it waits', async () => {
    const farm = new Farm();
    const job = await farm.submit('a');
    const [entry = ''] = await farm.waiting();
    const leased = await farm.take();
    await leased?.release('spot notice');
    if (leased) await farm.rosters.leave(leased);
    await farm.store.put(entry, new Uint8Array());
    expect(idOf(await farm.take())).toBe(job);
    expect(await farm.waiting()).toEqual([]);
  });

  it('takes a job at once whose user brings its next attempt forward, and lets it keep its place', async () => {
    const farm = new Farm();
    const failing = await farm.submit('a');
    const leased = await farm.take();
    await farm.submit('a', { priority: 100 });
    await leased?.attemptFailed({ code: 'attempt_failed', message: 'the device was lost', param: null });
    expect(await farm.jobs.resume('a', failing)).toMatchObject({ ok: true, job: { retryAtMs: null, goesAhead: true } });
    expect(idOf(await farm.take())).toBe(failing);
  });

  it('does not let a project go with a new job in the turn of one that had lost its runner', async () => {
    const farm = new Farm();
    const [first, second] = [await farm.submit('a'), await farm.submit('b')];
    const leased = [await farm.take(), await farm.take()] as LeasedJob[];
    for (const one of leased) {
      await one.release('spot notice');
      await farm.rosters.leave(one);
      await farm.jobs.ring(one.job);
    }
    await farm.submit('a');
    // As if another runner had taken it, and not got to delete its entry.
    const [entry] = (await farm.store.list(KEYS.waitingOf('a'))).entries;
    expect(idOf(await farm.take())).toBe(first);
    await farm.store.put(entry?.key ?? '', new Uint8Array());
    expect(idOf(await farm.take())).toBe(second);
  });

  it('leaves jobs beyond the bound of their project waiting, and takes them when one ends', async () => {
    const farm = new Farm();
    const [first, second] = [await farm.submit('a'), await farm.submit('a')];
    const running = await farm.take(1);
    expect(idOf(running)).toBe(first);
    expect(await farm.take(1)).toBeUndefined();
    expect(await farm.state(second)).toBe('queued');
    await farm.finish(running);
    expect(idOf(await farm.take(1))).toBe(second);
  });

  it('never exceeds the bound when runners take at the same time', async () => {
    const farm = new Farm();
    for (let i = 0; i < 8; i++) await farm.submit('a');
    const taken = await Promise.all(Array.from({ length: 6 }, () => farm.take(2)));
    expect(taken.filter(Boolean).length).toBeLessThanOrEqual(2);
    const { running } = await farm.rosters.read('a');
    expect(running).toBeLessThanOrEqual(2);
  });

  it('counts nobody who died, once the sweeper saw it', async () => {
    const farm = new Farm();
    await farm.submit('a');
    const second = await farm.submit('a');
    const dead = await farm.take(1);
    await farm.clock.advance(LEASE_TTL_MS + 1000);
    await farm.jobs.cancel('a', idOf(dead) as string);
    await sweepJobs(farm.jobs, farm.deps, { ringAfterMs: 1000 });
    expect(idOf(await farm.take(1))).toBe(second);
  });

  it('is not held up by entries of jobs that do not wait any more', async () => {
    const farm = new Farm();
    const paused = await farm.submit('a');
    const second = await farm.submit('a');
    const [entry = ''] = await farm.waiting();
    await farm.jobs.pause('a', paused);
    // As if the pause had not got to delete it.
    await farm.store.put(entry, new Uint8Array());
    expect(idOf(await farm.take())).toBe(second);
    expect(await farm.waiting()).toEqual([]);
  });
});

describe('a job whose model another runner holds', () => {
  it('is left to it while it will be free before the model could be read here, and no longer', async () => {
    const farm = new Farm();
    await farm.holder('base/a', 10_000);
    const job = await farm.submit('p', from('base/a'));
    const first = await farm.look();
    expect(first).toEqual({ leased: undefined, kept: [{ jobId: job, forMs: LOAD_MS - 1, isForIdle: false }] });
    await farm.clock.advance(LOAD_MS - 3);
    expect((await farm.look()).kept).toHaveLength(1);
    expect(idOf((await farm.look()).leased)).toBe(job);
  });

  it('is taken at once when reading its model takes less than telling its holder', async () => {
    const farm = new Farm();
    await farm.holder('base/a', 0, 900);
    const job = await farm.submit('p', from('base/a'));
    expect(idOf((await farm.look()).leased)).toBe(job);
  });

  it('is told to one that is idle', async () => {
    const farm = new Farm();
    await farm.holder('base/a', 0);
    await farm.submit('p', from('base/a'));
    expect((await farm.look()).kept).toMatchObject([{ isForIdle: true }]);
  });

  it('is taken at once by a runner that holds it too, and when its holder is not free soon or gone', async () => {
    const farm = new Farm();
    await farm.holder('base/a', 10_000);
    await farm.holder('base/b', 60_000);
    const [a, b] = [await farm.submit('p', from('base/a')), await farm.submit('p', from('base/b'))];
    expect(idOf((await farm.look({ held: ['base/a'] })).leased)).toBe(a);
    expect(idOf((await farm.look()).leased)).toBe(b);
    await farm.clock.advance(180_000);
    const late = await farm.submit('p', from('base/a'));
    expect(idOf((await farm.look()).leased)).toBe(late);
  });

  it('lets what stands behind it go, but nothing of its project that is of lower priority', async () => {
    const farm = new Farm();
    await farm.holder('base/a', 10_000);
    await farm.submit('p', { ...from('base/a'), priority: 1 });
    const low = await farm.submit('p', { ...from('base/b'), priority: 0 });
    expect((await farm.look()).leased).toBeUndefined();
    const equal = await farm.submit('p', { ...from('base/b'), priority: 1 });
    const other = await farm.submit('q', from('base/b'));
    expect(idOf((await farm.look()).leased)).toBe(equal);
    expect(idOf((await farm.look()).leased)).toBe(other);
    expect(await farm.state(low)).toBe('queued');
  });

  it('is kept for nobody once it had begun', async () => {
    const farm = new Farm();
    const job = await farm.submit('p', from('base/a'));
    const { leased } = await farm.look();
    await leased?.release('spot notice');
    await farm.rosters.leave(leased as LeasedJob);
    await farm.jobs.ring((leased as LeasedJob).job);
    await farm.holder('base/a', 0);
    expect(idOf((await farm.look()).leased)).toBe(job);
  });

  it('is kept for nobody once it does not wait: its entry goes, and holds up nothing', async () => {
    const farm = new Farm();
    await farm.holder('base/a', 0);
    const cancelled = await farm.submit('p', from('base/a'));
    const [entry = ''] = await farm.waiting();
    await farm.jobs.cancel('p', cancelled);
    await farm.store.put(entry, new Uint8Array());
    const low = await farm.submit('p', { ...from('base/b'), priority: -1 });
    const { leased, kept } = await farm.look();
    expect([idOf(leased), kept]).toEqual([low, []]);
    expect(await farm.waiting()).toEqual([]);
  });

  it('is taken when what runners say of themselves cannot be read', async () => {
    const farm = new Farm();
    const { store } = farm;
    const list = store.list.bind(store);
    store.list = (prefix, options) =>
      prefix === KEYS.runners ? Promise.reject(new Error('the store is away')) : list(prefix, options);
    await farm.holder('base/a', 0);
    const job = await farm.submit('p', from('base/a'));
    expect(idOf((await farm.look()).leased)).toBe(job);
  });
});

describe('the sweeper', () => {
  it('writes a missing entry again, and deletes one that nobody waits at', async () => {
    const farm = new Farm();
    const job = await farm.submit('a');
    const [entry = ''] = await farm.waiting();
    await farm.store.delete(entry);
    await farm.store.put(KEYS.waitingJob('a', { isAhead: true, priority: 0, sinceMs: 1 }, job), new Uint8Array());
    await farm.clock.advance(60_000);
    await sweepJobs(farm.jobs, farm.deps, { ringAfterMs: 1000 });
    expect(await farm.waiting()).toEqual([entry]);
  });

  it('ends a job that is due and never began', async () => {
    const farm = new Farm();
    const limits = { maxTrainMs: null, maxTokens: null, maxCost: null, deadlineMs: farm.clock.nowMs() + 5000 };
    const job = await farm.submit('a', { limits });
    await farm.clock.advance(6000);
    await sweepJobs(farm.jobs, farm.deps, { ringAfterMs: 1000 });
    expect((await farm.jobs.read(job))?.document).toMatchObject({
      state: 'failed',
      error: { code: 'deadline_exceeded', param: 'scheduling.deadline' },
    });
  });
});
