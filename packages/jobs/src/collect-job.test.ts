import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import {
  type CheckpointRecord,
  encodeStored,
  type JobDocument,
  KEYS,
  type ModelRecord,
  type StoredRun,
} from '@preheat/contracts';
import { type JsonValue, type Log, VirtualClock } from '@preheat/ports';
import { describe, expect, it } from 'vitest';
import { collectJob } from './collect-job.js';
import { collectJobs } from './collector.js';
import { JobStore } from './job-store.js';
import { checkpointModelName } from './public-job.js';
import { SweepTurn } from './sweep-turns.js';
import { markOfJob } from './use-marks.js';
import { ActiveRuns } from './uses.js';

const GRACE_MS = 60 * 60_000;
const ID = 'ftjob-one';
const PROJECT = 'proj-a';
const START_MS = Date.UTC(2030, 0, 1);
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const nothing = new Uint8Array();
const files = { trainingFile: 'file-a', validationFile: null };
const phase = { type: 'supervised' as const, algorithm: 'sft', ...files, grader: null, config: {} };

const job = (over: Partial<JobDocument> = {}): JobDocument => ({
  ...{ schemaVersion: 1, writeId: 'w0', id: ID, projectId: PROJECT, createdAtMs: START_MS, finishedAtMs: START_MS },
  ...{ model: 'preheat-1m', ...files, suffix: null, seed: 1, metadata: null },
  ...{ method: null, phases: [phase], state: 'succeeded', lease: null, epoch: 1, attempts: 0, maxAttempts: 5 },
  ...{ rungAtMs: START_MS, progress: null, resume: null, checkpoints: [], events: [], nextSequence: 0 },
  ...{ trainedTokens: null, fineTunedModel: null, resultFiles: [], error: null },
  ...over,
});

const bundle = (epoch: number, name: string): string => `${KEYS.attempt(ID, epoch)}/${name}`;
const named = (step: number): string => checkpointModelName(job(), step);

const model = (name: string, prefix: string, over: Partial<ModelRecord> = {}): ModelRecord => ({
  ...{ schemaVersion: 1, name, kind: 'checkpoint', projectId: PROJECT, createdAtMs: START_MS, ownedBy: PROJECT },
  ...{ prefix, jobId: ID, base: 'preheat-1m' },
  ...over,
});

const checkpoint = (step: number, epoch = 1): CheckpointRecord => ({
  ...{ id: `ftckpt_${step}`, createdAtMs: START_MS, phaseIndex: 0, phaseStep: step, step, endsPhase: false },
  ...{ prefix: bundle(epoch, `step-${step}`), model: named(step), trainedTokens: step, metrics: {}, quality: step },
});

/** A store whose objects are written by hand, and a collector that looks at the one job in it. */
class Shelf {
  readonly clock = new VirtualClock(START_MS);
  readonly store = new MemoryObjectStore({ clock: this.clock });
  readonly #queue = new MemoryWorkQueue<JsonValue>({ clock: this.clock });
  #ids = 0;
  readonly deps = {
    ...{ store: this.store, queue: this.#queue, clock: this.clock, log: quiet },
    ids: { next: (prefix: string) => `${prefix}-${++this.#ids}` },
  };
  readonly jobs = new JobStore(this.deps);

  put(key: string, document: object | Uint8Array = nothing) {
    return this.store.put(key, document instanceof Uint8Array ? document : encodeStored(document));
  }

  async bundle(prefix: string, blobs = ['weights', 'manifest.json']): Promise<void> {
    for (const blob of blobs) await this.put(`${prefix}/${blob}`);
  }

  /** A checkpoint with its bundle and its name. */
  async checkpoint(one: CheckpointRecord): Promise<CheckpointRecord> {
    await this.bundle(one.prefix);
    await this.put(KEYS.model(PROJECT, one.model), model(one.model, one.prefix));
    return one;
  }

  pass = (graces: number) => this.clock.advance(graces * GRACE_MS);

  look = (traces: readonly string[] = []) => collectJob(this.jobs, this.deps, { jobId: ID, traces, graceMs: GRACE_MS });

  async has(key: string): Promise<boolean> {
    return (await this.store.head(key)) !== undefined;
  }

  async keys(prefix: string): Promise<string[]> {
    return (await this.store.list(prefix)).entries.map(({ key }) => key.slice(prefix.length));
  }

  async model(name: string): Promise<ModelRecord | undefined> {
    const object = await this.store.get(KEYS.model(PROJECT, name));
    return object && (JSON.parse(new TextDecoder().decode(object.body)) as ModelRecord);
  }
}

const runOf = (model: string): StoredRun => ({
  ...{ schemaVersion: 1, writeId: 'w0', id: 'run_a', evalId: 'eval_a', projectId: PROJECT, createdAtMs: START_MS },
  ...{ name: 'run', metadata: null, state: 'queued', lease: null, epoch: 0, attempts: 0, rungAtMs: START_MS },
  dataSource: { type: 'completions', model, source: { type: 'file_content', content: [{ item: {} }] } },
  ...{ segments: [], counts: { total: 1, errored: 0, failed: 0, passed: 0 }, perCriterion: [], usage: [], error: null },
});

const lease = { runnerId: 'r', epoch: 2, expiresAtMs: START_MS + 10 ** 9 };

describe('a look at a job that was never written', () => {
  it('deletes what is old of it, and what its schedule says is elsewhere, and never looks again', async () => {
    const shelf = new Shelf();
    const [segment, mark] = [KEYS.jobEvents(ID, 0, 'w'), KEYS.user('bundles/b', markOfJob(ID))];
    await shelf.put(segment);
    await shelf.put(mark);
    expect(await shelf.look([mark])).toEqual({ deleted: 0, lookAtMs: START_MS + GRACE_MS });
    await shelf.pass(1.1);
    expect((await shelf.look([mark])).deleted).toBe(2);
    expect(await shelf.look([mark])).toEqual({ deleted: 0, lookAtMs: null });
  });
});

describe('bundles', () => {
  it('of earlier attempts go, manifest first, once they are older than the grace period', async () => {
    const shelf = new Shelf();
    await shelf.put(KEYS.job(ID), job());
    const deleted: string[] = [];
    const { store } = shelf;
    const remove = store.delete.bind(store);
    store.delete = (key) => (deleted.push(key), remove(key));
    await shelf.bundle(bundle(1, 'step-1'), ['adapter', 'manifest.json', 'weights']);
    expect((await shelf.look()).deleted).toBe(0);
    await shelf.pass(1.1);
    expect((await shelf.look()).deleted).toBe(3);
    expect(deleted[0]).toBe(`${bundle(1, 'step-1')}/manifest.json`);
    expect(await shelf.keys(KEYS.jobObjects(ID))).toEqual(['job.json']);
  });

  it('stay that a runner at work writes, that the job lists, or that have a name', async () => {
    const shelf = new Shelf();
    const listed = await shelf.checkpoint(checkpoint(1));
    await shelf.put(
      KEYS.job(ID),
      job({ state: 'running', finishedAtMs: null, lease, epoch: 2, checkpoints: [listed] }),
    );
    await shelf.bundle(bundle(2, 'step-2'), ['weights']);
    await shelf.checkpoint(checkpoint(3));
    await shelf.bundle(bundle(1, 'step-4'));
    await shelf.pass(3);
    expect((await shelf.look()).deleted).toBe(2);
    expect(await shelf.keys(`${KEYS.jobObjects(ID)}attempts/`)).toEqual([
      ...['1/step-1/manifest.json', '1/step-1/weights', '1/step-3/manifest.json', '1/step-3/weights'],
      '2/step-2/weights',
    ]);
  });

  it('stay for as long as another job uses them', async () => {
    const shelf = new Shelf();
    const [prefix, other] = [bundle(1, 'step-1'), 'ftjob-two'];
    await shelf.put(KEYS.job(ID), job());
    await shelf.bundle(prefix);
    await shelf.put(KEYS.user(prefix, markOfJob(other)));
    await shelf.put(KEYS.job(other), job({ id: other, state: 'queued', finishedAtMs: null }));
    await shelf.pass(2);
    const held = await shelf.look();
    expect(held).toEqual({ deleted: 0, lookAtMs: shelf.clock.nowMs() + GRACE_MS });
    await shelf.put(KEYS.job(other), job({ id: other }));
    expect((await shelf.look()).deleted).toBe(2);
  });
});

describe('names', () => {
  it('of checkpoints that the job does not keep go first, then their bundles, then what is left of the names', async () => {
    const shelf = new Shelf();
    const [first, last] = [await shelf.checkpoint(checkpoint(1)), await shelf.checkpoint(checkpoint(2))];
    const retention = { keep_best: 1, checkpoint_ttl_seconds: null };
    await shelf.put(KEYS.job(ID), job({ checkpoints: [first, last], retention }));
    expect((await shelf.look()).deleted).toBe(0);
    expect((await shelf.model(first.model))?.gone).toBeUndefined();
    await shelf.pass(1.1);
    expect((await shelf.look()).deleted).toBe(0);
    expect((await shelf.model(first.model))?.gone?.reason).toBe('retention');
    expect((await shelf.jobs.read(ID))?.document.checkpoints).toEqual([last]);
    await shelf.pass(1.1);
    expect((await shelf.look()).deleted).toBe(2);
    expect(await shelf.has(KEYS.model(PROJECT, first.model))).toBe(false);
    expect((await shelf.model(last.model))?.gone).toBeUndefined();
    expect(await shelf.has(`${last.prefix}/manifest.json`)).toBe(true);
  });

  it('come back when somebody used them before they went, and was not to be seen', async () => {
    const shelf = new Shelf();
    const prefix = bundle(1, 'step-1');
    await shelf.bundle(prefix);
    const gone = { atMs: START_MS, reason: 'retention' as const };
    await shelf.put(KEYS.model(PROJECT, named(1)), model(named(1), prefix, { gone }));
    await shelf.put(KEYS.job(ID), job({ fineTunedModel: null }));
    await shelf.put(KEYS.user(prefix, markOfJob('ftjob-two')));
    await shelf.put(KEYS.job('ftjob-two'), job({ id: 'ftjob-two', state: 'queued', finishedAtMs: null }));
    await shelf.pass(2);
    expect((await shelf.look()).deleted).toBe(0);
    expect((await shelf.model(named(1)))?.gone).toBeUndefined();
  });

  it('stay, at every moment, that a run uses which came after the runs were read', async () => {
    const shelf = new Shelf();
    const used = await shelf.checkpoint(checkpoint(1));
    await shelf.put(KEYS.job(ID), job({ checkpoints: [] }));
    await shelf.pass(1.1);
    const runs = new ActiveRuns(shelf.store);
    await runs.all();
    await shelf.put(KEYS.run('eval_a', 'run_a'), runOf(used.model));
    await shelf.put(KEYS.activeRun('eval_a', 'run_a'));
    const namesWritten: string[] = [];
    const { store } = shelf;
    const put = store.put.bind(store);
    store.put = (key, ...rest) => (namesWritten.push(key), put(key, ...rest));
    await collectJob(shelf.jobs, shelf.deps, { jobId: ID, traces: [], graceMs: GRACE_MS, runs });
    expect(namesWritten).not.toContain(KEYS.model(PROJECT, used.model));
    expect((await shelf.model(used.model))?.gone).toBeUndefined();
  });

  it('that a job under way does not know yet stay, and the model that a job ended with', async () => {
    const shelf = new Shelf();
    await shelf.checkpoint(checkpoint(5));
    await shelf.put(KEYS.job(ID), job({ state: 'running', finishedAtMs: null, lease, epoch: 2 }));
    await shelf.pass(2);
    await shelf.look();
    expect((await shelf.model(named(5)))?.gone).toBeUndefined();
    await shelf.put(KEYS.job(ID), job({ fineTunedModel: named(5) }));
    await shelf.look();
    expect((await shelf.model(named(5)))?.gone).toBeUndefined();
  });
});

describe('the log', () => {
  const listed = { key: KEYS.jobEvents(ID, 0, 'w1'), firstSequence: 0, count: 1 };
  const merged = KEYS.jobEvents(ID, 0, 'w0');

  it('keeps the segments that the job lists, and loses the others', async () => {
    const shelf = new Shelf();
    for (const key of [listed.key, merged]) await shelf.put(key);
    await shelf.put(KEYS.job(ID), job({ events: [listed], nextSequence: 1 }));
    await shelf.pass(1.1);
    expect((await shelf.look()).deleted).toBe(1);
    expect(await shelf.has(listed.key)).toBe(true);
  });

  it('cannot come to list a segment that was deleted, however long its writer was stopped', async () => {
    const shelf = new Shelf();
    await shelf.put(KEYS.job(ID), job({ state: 'paused', finishedAtMs: null }));
    const before = await shelf.jobs.read(ID);
    await shelf.put(merged);
    await shelf.pass(1.1);
    expect((await shelf.look()).deleted).toBe(1);
    if (!before) throw new Error('the job is gone');
    const late = { ...before.document, writeId: 'late', events: [{ ...listed, key: merged }], nextSequence: 1 };
    expect((await shelf.jobs.documents.replace(KEYS.job(ID), before, late)).ok).toBe(false);
  });
});

describe('marks', () => {
  it('of a job that is over go, but for what its models cannot be read without', async () => {
    const shelf = new Shelf();
    const targets = ['bundles/needed', 'bundles/read'];
    for (const target of targets) await shelf.put(KEYS.user(target, markOfJob(ID)));
    await shelf.put(KEYS.job(ID), job({ state: 'paused', finishedAtMs: null, uses: targets }));
    await shelf.look();
    expect(await shelf.keys('index/users/')).toHaveLength(2);
    await shelf.put(KEYS.job(ID), job({ uses: targets, fineTunedModel: named(1) }));
    await shelf.bundle(bundle(1, 'final'));
    await shelf.put(KEYS.model(PROJECT, named(1)), model(named(1), bundle(1, 'final'), { needs: ['bundles/needed'] }));
    await shelf.look();
    expect(await shelf.keys('index/users/')).toEqual([`${encodeURIComponent('bundles/needed')}/${markOfJob(ID)}`]);
  });
});

describe('the next look', () => {
  it('comes a grace period later while the job may change, or something is left', async () => {
    const shelf = new Shelf();
    await shelf.put(KEYS.job(ID), job({ state: 'queued', finishedAtMs: null }));
    await shelf.pass(5);
    expect((await shelf.look()).lookAtMs).toBe(shelf.clock.nowMs() + GRACE_MS);
    await shelf.put(KEYS.job(ID), job({ finishedAtMs: shelf.clock.nowMs() }));
    expect((await shelf.look()).lookAtMs).toBe(shelf.clock.nowMs() + GRACE_MS);
  });

  it('finds what is written after the last one that found nothing, and looks get rare', async () => {
    const shelf = new Shelf();
    await shelf.put(KEYS.job(ID), job());
    await shelf.put(KEYS.collection(START_MS, ID));
    const options = { orphanGraceMs: GRACE_MS };
    let looks = 0;
    for (let hour = 0; hour < 100; hour++) {
      await shelf.pass(1);
      looks += (await collectJobs(shelf.jobs, shelf.deps, options)).looked;
    }
    expect(looks).toBeLessThanOrEqual(8);
    await shelf.bundle(bundle(1, 'step-9'), ['weights']);
    for (let hour = 0; hour < 300; hour++) {
      await shelf.pass(1);
      await collectJobs(shelf.jobs, shelf.deps, options);
    }
    expect(await shelf.keys(KEYS.jobObjects(ID))).toEqual(['job.json']);
    expect(await shelf.keys(KEYS.collections)).toHaveLength(1);
  });

  it('comes at once where there was no time for all of it, and deletes the rest', async () => {
    const shelf = new Shelf();
    await shelf.put(KEYS.job(ID), job());
    await shelf.put(KEYS.collection(START_MS, ID));
    await shelf.bundle(bundle(1, 'step-1'), ['manifest.json', 'a', 'b', 'c']);
    await shelf.pass(1.1);
    const { store, deps, clock } = shelf;
    const remove = store.delete.bind(store);
    store.delete = async (key) => clock.advance(1000).then(() => remove(key));
    const look = () => {
      const turn = new SweepTurn(deps, { untilMs: clock.nowMs() + 2000 });
      return collectJobs(shelf.jobs, deps, { orphanGraceMs: GRACE_MS, turn });
    };
    expect((await look()).deleted).toBe(2);
    expect(await shelf.keys(KEYS.jobObjects(ID))).toEqual([
      expect.stringMatching('step-1/b'),
      expect.stringMatching('step-1/c'),
      'job.json',
    ]);
    expect((await look()).deleted).toBe(2);
    expect(await shelf.keys(KEYS.collections)).toHaveLength(1);
  });

  it('is one look, however many had the job looked at', async () => {
    const shelf = new Shelf();
    await shelf.put(KEYS.job(ID), job());
    for (let i = 0; i < 5; i++) await shelf.put(KEYS.collection(START_MS + i * 60_000, ID));
    await shelf.pass(4);
    await collectJobs(shelf.jobs, shelf.deps, { orphanGraceMs: GRACE_MS });
    expect(await shelf.keys(KEYS.collections)).toHaveLength(1);
  });
});
