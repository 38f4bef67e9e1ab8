/** What a waiting job is told, over HTTP, on a store with a registry of runners. */
import { type FineTuningJob, KEYS, LOCAL_RUNNER_CLASS, type RunnerRecord } from '@preheat/contracts';
import { LeasedJob, ProjectRosters, RunnerRegistry, utcText, waitingJobs } from '@preheat/jobs';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../../test-kit/api-under-test.js';
import { multipartBody } from '../../test-kit/multipart.js';
import { jsonl, SFT_ROWS } from '../../test-kit/rows.js';
import { QueueFacts } from './queue-facts.js';
import type { QueueOptions } from './queue-outlook.js';

let api: ApiUnderTest;
afterEach(() => api.app.close());

async function platform(queue: QueueOptions = {}) {
  api = await startApi({ queue });
  const files = new Map<string | undefined, string>();
  const submit = async (key?: string): Promise<FineTuningJob> => {
    const training_file = files.get(key) ?? (await fileOf(key));
    files.set(key, training_file);
    await api.clock.advance(1000);
    const payload = { model: 'preheat-1m', training_file };
    const request = {
      method: 'POST',
      url: '/v1/fine_tuning/jobs',
      payload,
      ...(key === undefined ? {} : { key }),
    } as const;
    return (await api.call(request)).json() as FineTuningJob;
  };
  const read = async (id: string): Promise<FineTuningJob> =>
    (await api.call({ url: `/v1/fine_tuning/jobs/${id}` })).json() as FineTuningJob;
  /** A look at the queue is held for a second. */
  const later = () => api.clock.advance(1000);
  return { submit, read, later, runners: new RunnerRegistry(api.deps) };
}

async function fileOf(key?: string): Promise<string> {
  const form = multipartBody([
    { field: 'purpose', value: 'fine-tune' },
    { field: 'file', filename: 'rows.jsonl', content: jsonl(SFT_ROWS) },
  ]);
  const response = await api.call({ method: 'POST', url: '/v1/files', ...form, ...(key === undefined ? {} : { key }) });
  return (response.json() as { id: string }).id;
}

/** As a runner keeps it; busy until so many seconds from now. */
function runner(id: string, busy: { projectId: string; fromS: number; toS: number } | null): RunnerRecord {
  const nowMs = api.clock.nowMs();
  const endsAtMs = busy && { earliest: nowMs + busy.fromS * 1000, latest: nowMs + busy.toS * 1000 };
  return {
    ...{ schemaVersion: 2, id, runnerClass: 'local', warmModels: [] },
    ...{ startedAtMs: nowMs, writtenAtMs: nowMs, expiresAtMs: nowMs + 600_000 },
    job: busy && { jobId: 'ftjob-other', projectId: busy.projectId, sinceMs: nowMs, endsAtMs },
  };
}

describe('a job that waits', () => {
  it('says that no runner is there, in the answer that creates it too', async () => {
    const { submit, read } = await platform();
    expect((await api.call({ url: '/v1/x/limits' })).json()).toMatchObject({ running_jobs: null });
    const created = await submit();
    expect(created.queue).toEqual({
      position: 1,
      estimated_start: null,
      reason: 'no runner is there yet',
      warm: false,
    });
    expect((await read(created.id)).queue).toEqual(created.queue);
  });

  it('says its place and between which times it starts, after what is ahead of it', async () => {
    const { submit, read, later, runners } = await platform();
    const [first, second] = [await submit(), await submit()];
    await later();
    await runners.write(runner('r1', { projectId: 'proj-two', fromS: 60, toS: 90 }));
    const nowS = api.clock.nowMs() / 1000;
    const queue = (await read(first.id)).queue;
    expect(queue).toEqual({
      position: 1,
      estimated_start: { earliest: nowS + 60, latest: nowS + 90 },
      reason: 'the runner is busy',
      warm: true,
    });
    const behind = (await read(second.id)).queue;
    expect(behind).toMatchObject({ position: 2, reason: '1 job ahead; the runner is busy', warm: true });
    const { low = 0, high = 0 } = first.preflight?.classes[0]?.train_seconds ?? {};
    expect(high).toBeGreaterThan(low);
    expect(behind?.estimated_start).toEqual({
      earliest: Math.floor(nowS + 60 + low),
      latest: Math.ceil(nowS + 90 + high),
    });
  });

  it('counts what runners saw jobs take beside training on those ahead', async () => {
    const { submit, read, later, runners } = await platform();
    const [first, second] = [await submit(), await submit()];
    await later();
    const busy = runner('r1', { projectId: 'proj-two', fromS: 60, toS: 90 });
    await runners.write({ ...busy, besideTrainingMs: { earliest: 3_000, latest: 5_000 } });
    const nowS = api.clock.nowMs() / 1000;
    const { low = 0, high = 0 } = first.preflight?.classes[0]?.train_seconds ?? {};
    expect((await read(second.id)).queue?.estimated_start).toEqual({
      earliest: Math.floor(nowS + 60 + low + 3),
      latest: Math.ceil(nowS + 90 + high + 5),
    });
  });

  it('waits for a boot where the deployment starts runners, and for a free runner no longer than it is listed', async () => {
    const { submit, read, later, runners } = await platform({ maxRunners: 2, bootMs: 100_000 });
    const job = await submit();
    const nowS = api.clock.nowMs() / 1000;
    expect(job.queue).toEqual({
      position: 1,
      estimated_start: { earliest: nowS + 50, latest: nowS + 200 },
      reason: 'waiting for a runner to boot',
      warm: false,
    });
    await later();
    await runners.write(runner('r1', null));
    expect((await read(job.id)).queue).toEqual({
      position: 1,
      estimated_start: { earliest: nowS + 1, latest: nowS + 1 },
      reason: 'a free runner is about to take it',
      warm: true,
    });
    await api.clock.advance(600_000);
    expect((await read(job.id)).queue).toMatchObject({ reason: 'waiting for a runner to boot', warm: false });
  });

  it('says that its project is at its limit, and which end it waits for', async () => {
    const { submit, read, later, runners } = await platform({ jobsPerProject: () => 1 });
    const [running, waiting] = [await submit(), await submit()];
    await later();
    const leased = await LeasedJob.acquire(api.deps, running.id, 'r1', 600_000);
    await new ProjectRosters(api.deps).enter(leased as LeasedJob, 1);
    await api.deps.store.delete((await api.deps.store.list(KEYS.waiting)).entries[0]?.key ?? '');
    await runners.write(runner('r1', { projectId: 'proj-one', fromS: 30, toS: 40 }));
    await runners.write(runner('r2', null));
    const nowS = api.clock.nowMs() / 1000;
    expect((await read(waiting.id)).queue).toMatchObject({
      position: 1,
      estimated_start: { earliest: nowS + 30, latest: nowS + 40 },
      reason: 'the project is at its limit of 1 running job',
    });
    expect((await api.call({ url: '/v1/x/limits' })).json()).toMatchObject({ running_jobs: 1 });
    expect((await read(running.id)).queue).toBeNull();
  });

  it('for its next attempt says from when, starts no sooner, and holds up nobody; a resume brings it forward', async () => {
    const { submit, read, later, runners } = await platform();
    const [failing, other] = [await submit(), await submit()];
    await later();
    const leased = await LeasedJob.acquire(api.deps, failing.id, 'r1', 600_000);
    await leased?.attemptFailed({ code: 'attempt_failed', message: 'the device was lost', param: null });
    for (const id of ['r1', 'r2']) await runners.write(runner(id, null));
    const nowMs = api.clock.nowMs();
    expect((await read(failing.id)).queue).toEqual({
      position: 2,
      estimated_start: { earliest: nowMs / 1000 + 30, latest: nowMs / 1000 + 90 },
      reason: `attempt 1 of 5 failed; the next one waits until ${utcText(nowMs + 30_000)}`,
      warm: true,
    });
    expect((await read(other.id)).queue).toMatchObject({ position: 1, reason: 'a free runner is about to take it' });
    await api.call({ method: 'POST', url: `/v1/fine_tuning/jobs/${failing.id}/resume` });
    // Told at once, though the queue was looked at less than a second ago.
    expect((await read(failing.id)).queue).toMatchObject({ position: 1, estimated_start: { earliest: nowMs / 1000 } });
    await later();
    expect((await read(failing.id)).queue?.reason).toBe('a free runner is about to take it');
    expect((await read(other.id)).queue?.position).toBe(2);
  });

  it('counts the jobs of other projects as runners would take them, and names none', async () => {
    const { submit, read } = await platform();
    const [first, second] = [await submit(), await submit()];
    const other = await submit(OTHER_KEY);
    const places = [(await read(first.id)).queue?.position, (await read(second.id)).queue?.position];
    expect([...places, other.queue?.position]).toEqual([1, 3, 2]);
    expect((await read(second.id)).queue?.reason).toBe('2 jobs ahead; no runner is there yet');
  });

  it('is listed with its place, by one look at the queue for all who ask within a second', async () => {
    const { submit, read, later } = await platform();
    for (let job = 0; job < 3; job++) await submit();
    await later();
    let looks = 0;
    const list = api.deps.store.list.bind(api.deps.store);
    api.deps.store.list = async (prefix, options) => {
      if (prefix === KEYS.waiting) looks++;
      return list(prefix, options);
    };
    const page = (await api.call({ url: '/v1/fine_tuning/jobs' })).json() as { data: FineTuningJob[] };
    expect(page.data.map(({ queue }) => queue?.position)).toEqual([3, 2, 1]);
    await read(page.data[0]?.id ?? '');
    expect(looks).toBe(1);
    await later();
    await read(page.data[0]?.id ?? '');
    expect(looks).toBe(2);
  });

  it('is told what the last look saw while a new one is slow, and a slow look is held the longer', async () => {
    const { submit, read, later } = await platform();
    const [first] = [await submit(), await submit()];
    await later();
    await read(first.id);
    const list = api.deps.store.list.bind(api.deps.store);
    const slow = { ms: 500, looks: 0 };
    api.deps.store.list = async (prefix, options) => {
      if (prefix === KEYS.waiting && slow.ms > 0) {
        slow.looks++;
        await api.clock.sleep(slow.ms);
      }
      return list(prefix, options);
    };
    // A look that is as old as this serves nobody: a process that slept must look first.
    await api.clock.advance(11_001);
    const waiting = read(first.id);
    await api.clock.advance(500);
    expect((await waiting).queue?.position).toBe(1);
    await api.clock.advance(9000);
    await read(first.id);
    expect(slow.looks).toBe(1);
    await api.clock.advance(1000);
    const impatient = read(first.id);
    await api.clock.advance(50);
    expect((await impatient).queue?.position).toBe(1);
    expect(slow.looks).toBe(2);
    await api.clock.advance(500);
    await read(first.id);
    expect(slow.looks).toBe(2);
  });

  it('is played anew for one job no longer where thousands wait: its place is told after the next look', async () => {
    const { submit, read, later } = await platform();
    const first = await submit();
    const [entry = ''] = (await api.deps.store.list(KEYS.waiting)).entries.map(({ key }) => key);
    const others = Array.from({ length: 4000 }, (_, i) => entry.replace(first.id, `ftjob-other-${i}`));
    for (const key of others) await api.deps.store.put(key, new Uint8Array(1));
    await later();
    expect((await read(first.id)).queue?.position).toBeGreaterThan(0);
    const last = await submit();
    await later();
    expect((await read(last.id)).queue?.position).toBe(4002);
  });

  it('has its place though the index has lost it, and none once it does not wait', async () => {
    const { submit, read } = await platform();
    const job = await submit();
    await api.deps.store.delete((await api.deps.store.list(KEYS.waiting)).entries[0]?.key ?? '');
    expect((await read(job.id)).queue?.position).toBe(1);
    const paused = await api.call({ method: 'POST', url: `/v1/fine_tuning/jobs/${job.id}/pause` });
    expect((paused.json() as FineTuningJob).queue).toBeNull();
  });

  it('is shown without its place when the queue cannot be read', async () => {
    const { submit, read, later } = await platform();
    const job = await submit();
    await later();
    await api.deps.store.put(KEYS.roster('proj-one'), new TextEncoder().encode('{'));
    expect((await read(job.id)).queue).toBeNull();
    expect(api.logged.some(({ message }) => message.startsWith('the queue could not be read'))).toBe(true);
  });
});

describe('how long a waiting job runs', () => {
  /** What is told of one waiting job at each of so many times; `get` sees each read of its document. */
  async function told(times: number, get: (count: number) => 'read' | 'throttled' | 'gone'): Promise<object> {
    const { submit } = await platform();
    const { id } = await submit();
    const { store } = api.deps;
    const entries = (await waitingJobs(store)) ?? [];
    const facts = new QueueFacts(api.deps);
    const original = store.get.bind(store);
    let reads = 0;
    store.get = async (key, options) => {
      if (key !== KEYS.job(id)) return original(key, options);
      const fate = get(++reads);
      if (fate === 'throttled') throw new Error('SlowDown');
      return fate === 'gone' ? undefined : original(key, options);
    };
    const isKnown: boolean[] = [];
    for (let time = 0; time < times; time++) {
      isKnown.push((await facts.runTimes(entries, [], LOCAL_RUNNER_CLASS))(id).latest < Infinity);
    }
    return { isKnown, reads };
  }

  it.each(['read', 'gone'] as const)('is asked for once (%s)', async (fate) => {
    const isThere = fate === 'read';
    expect(await told(3, () => fate)).toEqual({ isKnown: [isThere, isThere, isThere], reads: 1 });
  });

  it('is asked for again where it could not be read', async () => {
    const once = await told(3, (count) => (count === 1 ? 'throttled' : 'read'));
    expect(once).toEqual({ isKnown: [false, true, true], reads: 2 });
  });
});
