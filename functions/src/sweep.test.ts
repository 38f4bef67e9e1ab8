/** What of a sweep must not wait for the rest of it. */
import { decodeStored, encodeStored, KEYS, StoredRun } from '@preheat/contracts';
import { SweepTurn } from '@preheat/jobs';
import type { ObjectStore, VirtualClock } from '@preheat/ports';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Evals } from './evaluation/evals.js';
import { Runs } from './evaluation/runs.js';
import { sweepRuns } from './evaluation/sweep-runs.js';
import { NOT_SCALED, sweep, type SweepParts } from './sweep.js';
import { type ApiUnderTest, startApi } from './test-kit/api-under-test.js';
import { jsonl, SFT_ROWS } from './test-kit/rows.js';
import { COMPLETIONS, runsUnderTest } from './test-kit/runs-under-test.js';
import { WebhookDeliveries } from './webhooks/webhook-deliveries.js';
import { WebhookEndpoints } from './webhooks/webhook-endpoints.js';

let api: ApiUnderTest;
let asked: number[];
let parts: SweepParts;

beforeEach(async () => {
  api = await startApi();
  asked = [];
  const { deps } = api;
  parts = {
    ...deps,
    jobQueue: deps.evaluationQueue,
    evals: new Evals(deps),
    runs: new Runs(deps),
    webhooks: new WebhookDeliveries(deps, new WebhookEndpoints(deps)),
    orphanGraceMs: 3_600_000,
    runnerFleet: { wanted: async () => asked.at(-1) ?? 0, want: async (runners) => void asked.push(runners) },
    queueOptions: { maxRunners: 4 },
  };
  const training_file = await api.upload(jsonl(SFT_ROWS), 'fine-tune');
  const payload = { model: 'preheat-1m', training_file };
  const { statusCode, body } = await api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload });
  if (statusCode !== 200) throw new Error(body);
});
afterEach(() => api.app.close());

it('asks for runners although the jobs cannot be swept to their end', async () => {
  const { store } = parts;
  const list = store.list.bind(store);
  store.list = (prefix, options) => (prefix === KEYS.activeJobs ? new Promise(() => undefined) : list(prefix, options));
  void sweep(parts, { ringAfterMs: 60_000 });
  await expect.poll(() => asked).toEqual([1]);
});

it('sweeps although runners cannot be asked for, and says so', async () => {
  const refused = { wanted: () => Promise.reject(new Error('throttled')), want: async () => undefined };
  await sweep({ ...parts, runnerFleet: refused }, { ringAfterMs: 0 });
  expect(api.logged).toContainEqual(expect.objectContaining({ level: 'error', message: NOT_SCALED }));
  const swept = api.logged.find(({ message }) => message === 'swept');
  expect(swept?.fields).toMatchObject({ jobs: { seen: 1, rung: 1 } });
});

/** Each request takes so long. */
function slow(store: ObjectStore, clock: VirtualClock, ms: number): ObjectStore {
  return new Proxy(store, {
    get: (target, name) => {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== 'function') return method;
      const call = method.bind(target) as (...given: unknown[]) => unknown;
      return async (...given: unknown[]) => clock.sleep(ms).then(() => call(...given));
    },
  });
}

/** So many runs that wait, all of them due for a ring. */
async function waitingRuns(count: number): Promise<void> {
  const { store } = api.deps;
  const { start } = await runsUnderTest({}, api);
  const { id, eval_id: evalId } = await start(COMPLETIONS);
  const object = await store.get(KEYS.run(evalId, id));
  const run = decodeStored(StoredRun, object?.body ?? new Uint8Array(), 'run');
  for (let n = 1; n < count; n++) {
    const copy = { ...run, id: `evalrun_copy${String(n).padStart(6, '0')}` };
    await store.put(KEYS.run(evalId, copy.id), encodeStored(copy));
    await store.put(KEYS.activeRun(evalId, copy.id), new Uint8Array());
  }
  await api.clock.advance(120_000);
}

it('ends in time whatever there is to sweep: every stage has its turn, and the next sweeps see the rest', async () => {
  const { clock, deps } = api;
  const uploadEntry = KEYS.openUpload(1, 'upload_old');
  await deps.store.put(uploadEntry, new Uint8Array());
  await waitingRuns(2000);
  const store = slow(deps.store, clock, 20);
  const slowDeps = { ...parts, store, runs: new Runs({ ...deps, store }) };
  const rung = async (): Promise<number> => {
    const untilMs = clock.nowMs() + 10_000;
    api.logged.length = 0;
    await clock.run(sweep(slowDeps, { ringAfterMs: 60_000, untilMs }));
    expect(clock.nowMs() - untilMs).toBeLessThan(1000);
    const swept = api.logged.find(({ message }) => message === 'swept');
    return (swept?.fields as { runs: { rung: number } }).runs.rung;
  };
  let total = await rung();
  expect(total).toBeLessThan(2000);
  expect(await deps.store.head(uploadEntry)).toBeUndefined();
  // None is rung for twice, so the sum says that each was.
  for (let sweeps = 1; sweeps < 4; sweeps++) total += await rung();
  expect(total).toBe(2000);
});

it('gives stages that have more to do what the others leave of the time', async () => {
  const { clock, deps } = api;
  await waitingRuns(800);
  const store = slow(deps.store, clock, 20);
  const untilMs = clock.nowMs() + 10_000;
  api.logged.length = 0;
  await clock.run(sweep({ ...parts, store, runs: new Runs({ ...deps, store }) }, { ringAfterMs: 60_000, untilMs }));
  const swept = api.logged.find(({ message }) => message === 'swept')?.fields as {
    runs: { rung: number; seen: number };
  };
  // The share of runs alone does for less than half of them.
  expect(swept.runs.rung).toBe(800);
  expect(swept.runs.seen).toBe(800);
});

it('goes on in the next sweep with an eval that is deleted, where there is no time for all its runs', async () => {
  const { clock, deps } = api;
  await waitingRuns(40);
  const [active] = (await deps.store.list(KEYS.activeRuns)).entries;
  const evalId = active?.key.slice(KEYS.activeRuns.length).split('--')[0] ?? '';
  await deps.store.delete(KEYS.evaluation(evalId));
  for (let n = 0; n < 400; n++) await deps.store.put(`${KEYS.evaluationObjects(evalId)}zz/${n}`, new Uint8Array());
  const slowStore = slow(deps.store, clock, 20);
  const left = async () => (await deps.store.list(KEYS.evaluationObjects(evalId))).entries.length;
  const before = await left();
  const pass = async () => {
    const turn = new SweepTurn({ store: slowStore, clock }, { untilMs: clock.nowMs() + 300 });
    const store = { store: slowStore, clock, log: deps.log };
    await clock.run(sweepRuns(new Runs({ ...deps, store: slowStore }), store, { ringAfterMs: 60_000, turn }));
    expect(clock.nowMs()).toBeLessThan(startedMs + 1000);
    return left();
  };
  let startedMs = clock.nowMs();
  const after = await pass();
  expect(after).toBeGreaterThan(0);
  expect(after).toBeLessThan(before);
  for (let sweeps = 0; sweeps < 30 && (await left()) > 0; sweeps++) {
    startedMs = clock.nowMs();
    await pass();
  }
  expect(await left()).toBe(0);
});

it('remembers where stages stopped although it is stopped in a later one', async () => {
  const { clock, deps } = api;
  await waitingRuns(600);
  const slowed = slow(deps.store, clock, 20);
  const hung: string[] = [];
  const store = new Proxy(slowed, {
    get: (target, name) =>
      name === 'list'
        ? (prefix: string, ...rest: []) =>
            prefix === KEYS.openUploads
              ? (hung.push(prefix), new Promise(() => undefined))
              : target.list(prefix, ...rest)
        : (Reflect.get(target, name) as unknown),
  });
  const untilMs = clock.nowMs() + 10_000;
  void sweep({ ...parts, store, runs: new Runs({ ...deps, store }) }, { ringAfterMs: 60_000, untilMs });
  while (hung.length === 0) await clock.advance(100);
  const cursors = await deps.store.get(KEYS.sweepCursors);
  expect(new TextDecoder().decode(cursors?.body)).toContain('"runs"');
});

it('goes on with the other stages when one fails, and fails in the end', async () => {
  const { store } = parts;
  const uploadEntry = KEYS.openUpload(1, 'upload_old');
  await store.put(uploadEntry, new Uint8Array());
  const list = store.list.bind(store);
  store.list = async (prefix, options) => {
    if (prefix === KEYS.publications) throw new Error('throttled');
    return list(prefix, options);
  };
  await expect(sweep(parts, { ringAfterMs: 0 })).rejects.toThrow('throttled');
  expect(await store.head(uploadEntry)).toBeUndefined();
});

it('asks the bucket little where there is nothing to do: on AWS it does so every minute, and docs/deploy.md counts it', async () => {
  const idle = await startApi();
  const asked: Record<string, number> = {};
  const counting = (target: ObjectStore, name: string | symbol): unknown => {
    const method = Reflect.get(target, name) as unknown;
    if (typeof method !== 'function') return method;
    return (...given: unknown[]) => {
      asked[String(name)] = (asked[String(name)] ?? 0) + 1;
      return (method as (...all: unknown[]) => unknown).apply(target, given);
    };
  };
  const deps = { ...idle.deps, store: new Proxy(idle.deps.store, { get: counting }) };
  const webhooks = new WebhookDeliveries(deps, new WebhookEndpoints(deps));
  const evaluation = { evals: new Evals(deps), runs: new Runs(deps), webhooks };
  await sweep({ ...parts, ...deps, ...evaluation }, { ringAfterMs: 60_000, untilMs: idle.clock.nowMs() + 40_000 });
  await webhooks.deliverDue({ endsAtMs: idle.clock.nowMs() + 40_000 });
  await idle.app.close();
  expect(asked).toEqual({ list: 16, get: 3 });
});
