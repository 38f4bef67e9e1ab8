/**
 * Jobs with checkpoints, forks of them, adapters on them, aliases, runs, deletions and expiries, in any order and at any time,
 * with the collector among them: on the production parts, without faults, so that what refers to what is all there is to it.
 */
import { bundlesOf, encodeStored, type JobDocument, KEYS, type ModelRecord, type StoredRun } from '@preheat/contracts';
import {
  checkpointModelName,
  collectJobs,
  fineTunedModelName,
  type JobPieces,
  JobStore,
  LeasedJob,
  type NewJob,
} from '@preheat/jobs';
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { type JsonValue, listAll, type Random, VirtualClock } from '@preheat/ports';
import { deleteModel } from '../../functions/src/models/delete-model.js';
import { setExpiry } from '../../functions/src/models/model-expiries.js';
import { sweepExpiries } from '../../functions/src/models/sweep-expiries.js';
import { CountingIds, identity, newJob, quietLog } from './job-world.js';

export const GRACE_MS = 60 * 60_000;
const LEASE_TTL_MS = 10 ** 9;
const PROJECT = 'proj-a';

/** What the test knows of a job that has not ended. */
interface JobUnderWay {
  readonly leased: LeasedJob;
  /** The bundles that its own cannot be read without: it trains an adapter. */
  readonly needs: string[];
  step: number;
}

export class RetentionWorld {
  readonly clock = new VirtualClock(Date.UTC(2030, 0, 1));
  readonly store = new MemoryObjectStore({ clock: this.clock });
  readonly #ids = new CountingIds();
  readonly #random: Random;
  readonly #deps;
  readonly #jobs: JobStore;
  readonly #underWay: JobUnderWay[] = [];
  readonly #runs: string[] = [];

  constructor(random: Random, pieces: Partial<JobPieces> = {}) {
    this.#random = random;
    const queue = new MemoryWorkQueue<JsonValue>({ clock: this.clock });
    this.#deps = { store: this.store, queue, clock: this.clock, ids: this.#ids, log: quietLog };
    this.#jobs = new JobStore({ ...this.#deps, pieces });
  }

  /** Does one thing, whatever comes to mind. */
  async act(): Promise<unknown> {
    await this.clock.advance(this.#random.int(0.4 * GRACE_MS));
    const acts = [
      () => this.#start(undefined),
      () => this.#train(),
      () => this.#train(),
      () => this.#train(),
      () => this.#fork(),
      () => this.#end(),
      () => this.#moveAlias(),
      () => this.store.delete(KEYS.alias(PROJECT, this.#aliasName())),
      () => this.#evaluate(),
      () => this.#endRun(),
      () => this.#delete(),
      () => this.#expire(),
      () => this.sweep(),
      () => this.sweep(),
      () => this.sweep(),
    ];
    return this.#of(acts)?.();
  }

  /** Ends everything, and lets the collector finish. */
  async settle(): Promise<void> {
    while (this.#underWay.length > 0) await this.#end();
    while (this.#runs.length > 0) await this.#endRun();
    await this.collect();
  }

  /** Time passes, and the collector looks as often as anything takes. */
  async collect(): Promise<void> {
    for (let look = 0; look < 8; look++) {
      await this.clock.advance(1.1 * GRACE_MS);
      await this.sweep();
    }
  }

  async sweep(): Promise<void> {
    await sweepExpiries({ ...this.#deps, jobs: this.#jobs }, { orphanGraceMs: GRACE_MS });
    await collectJobs(this.#jobs, this.#deps, { orphanGraceMs: GRACE_MS });
  }

  /** Records of models, those that are gone among them. */
  async models(): Promise<ModelRecord[]> {
    return (await this.#documents(KEYS.models(PROJECT))) as ModelRecord[];
  }

  async jobs(): Promise<JobDocument[]> {
    const listed = await this.#jobs.list(PROJECT, { limit: 1_000 });
    return listed.jobs;
  }

  /** Names that aliases and runs under way hold. */
  async namesHeld(): Promise<string[]> {
    const aliases = (await this.#documents(KEYS.aliases(PROJECT))) as { current: { model: string } }[];
    const runs = (await Promise.all(this.#runs.map((id) => this.store.get(KEYS.run('eval', id))))).flatMap((object) =>
      object ? [JSON.parse(new TextDecoder().decode(object.body)) as { dataSource: { model: string } }] : [],
    );
    return [...aliases.map(({ current }) => current.model), ...runs.map(({ dataSource }) => dataSource.model)];
  }

  async keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of listAll(this.store, prefix)) found.push(key);
    return found;
  }

  async #documents(prefix: string): Promise<unknown[]> {
    const objects = await Promise.all((await this.keys(prefix)).map((key) => this.store.get(key)));
    return objects.flatMap((object) => (object ? [JSON.parse(new TextDecoder().decode(object.body))] : []));
  }

  /** One job that has a checkpoint of each quality, and goes on. */
  async trainAlone(qualities: readonly (number | null)[], { keepBest }: { keepBest: number }): Promise<void> {
    const job = await this.#start(undefined, keepBest);
    for (const quality of qualities) await this.#checkpoint(job, quality);
  }

  async #start(from: ModelRecord | undefined, keepBest = 1 + this.#random.int(2)): Promise<JobUnderWay> {
    const isAdapter = from !== undefined && this.#random.float() < 0.5;
    const request: NewJob = {
      ...newJob,
      ...(from ? { model: from.name, startsFrom: from, uses: bundlesOf(from) } : {}),
      retention: { keep_best: keepBest, checkpoint_ttl_seconds: null },
    };
    const created = await this.#jobs.create(request, identity({ bodyDigest: this.#ids.next('body') }));
    if (!created.ok) throw new Error(created.reason);
    const leaseDeps = { jobs: this.#jobs, store: this.store, clock: this.clock };
    const leased = await LeasedJob.acquire(leaseDeps, created.job.id, 'runner', LEASE_TTL_MS);
    if (!leased) throw new Error('a new job could not be leased');
    const job: JobUnderWay = { leased, needs: from && isAdapter ? bundlesOf(from) : [], step: 0 };
    this.#underWay.push(job);
    return job;
  }

  async #fork(): Promise<void> {
    const record = await this.#anyModel();
    if (record) await this.#start(record);
  }

  async #train(): Promise<void> {
    const job = this.#of(this.#underWay);
    if (job) await this.#checkpoint(job, this.#random.float() < 0.2 ? null : this.#random.float());
  }

  async #checkpoint(job: JobUnderWay, quality: number | null): Promise<void> {
    const step = ++job.step;
    const name = checkpointModelName(job.leased.job, step);
    const prefix = await this.#publish(job, name, 'checkpoint', `step-${step}`);
    await job.leased.checkpoint({
      id: this.#ids.next('ftckpt_'),
      createdAtMs: this.clock.nowMs(),
      phaseIndex: Math.floor((step - 1) / 4),
      phaseStep: step % 4,
      step,
      prefix,
      needs: job.needs,
      quality,
      model: name,
      endsPhase: step % 4 === 0,
      trainedTokens: step,
      metrics: {},
    });
  }

  async #publish(
    { leased, needs }: JobUnderWay,
    name: string,
    kind: ModelRecord['kind'],
    bundle: string,
  ): Promise<string> {
    const { id, projectId, model } = leased.job;
    const prefix = `${KEYS.attempt(id, leased.lease.epoch)}/${bundle}`;
    for (const blob of ['weights', 'manifest.json'])
      await this.store.put(`${prefix}/${blob}`, encodeStored({ bundle }));
    const record: ModelRecord = {
      schemaVersion: 1,
      name,
      kind,
      projectId,
      createdAtMs: this.clock.nowMs(),
      ownedBy: projectId,
      prefix,
      jobId: id,
      base: model,
      needs,
    };
    await this.store.put(KEYS.model(projectId, name), encodeStored(record));
    return prefix;
  }

  async #end(): Promise<void> {
    const job = this.#of(this.#underWay);
    if (!job) return;
    if (this.#random.float() >= 0.3) return this.#succeed(job);
    this.#underWay.splice(this.#underWay.indexOf(job), 1);
    await this.#jobs.cancel(PROJECT, job.leased.job.id);
  }

  async #succeed(job: JobUnderWay): Promise<void> {
    this.#underWay.splice(this.#underWay.indexOf(job), 1);
    const name = fineTunedModelName(job.leased.job);
    await this.#publish(job, name, 'fine-tuned', 'final');
    await job.leased.succeed(name, []);
  }

  #aliasName(): string {
    return `alias-${this.#random.int(2)}`;
  }

  async #moveAlias(): Promise<void> {
    const record = await this.#anyModel();
    if (!record) return;
    const alias = this.#aliasName();
    const current = { model: record.name, movedAtMs: this.clock.nowMs(), jobId: null };
    const document = { schemaVersion: 1, writeId: 'w', alias, createdAtMs: 0, current, previous: [] };
    await this.store.put(KEYS.alias(PROJECT, alias), encodeStored(document));
  }

  async #evaluate(): Promise<void> {
    const record = await this.#anyModel();
    if (!record) return;
    const id = this.#ids.next('evalrun_');
    const source = { type: 'file_id' as const, id: 'file-a' };
    const run: StoredRun = {
      ...{ schemaVersion: 1, writeId: 'w', id, evalId: 'eval', projectId: PROJECT, createdAtMs: 0, name: id },
      ...{ metadata: null, dataSource: { type: 'completions', model: record.name, source }, state: 'queued' },
      ...{ lease: null, epoch: 0, attempts: 0, rungAtMs: 0, segments: [], perCriterion: [], usage: [], error: null },
      counts: { total: 1, errored: 0, failed: 0, passed: 0 },
    };
    await this.store.put(KEYS.run('eval', id), encodeStored(run));
    await this.store.put(KEYS.activeRun('eval', id), new Uint8Array());
    this.#runs.push(id);
  }

  async #endRun(): Promise<void> {
    const id = this.#runs.shift();
    if (id === undefined) return;
    await this.store.delete(KEYS.activeRun('eval', id));
    await this.store.delete(KEYS.run('eval', id));
  }

  async #delete(): Promise<void> {
    const record = await this.#anyModel();
    if (record) await deleteModel({ ...this.#deps, jobs: this.#jobs }, record).catch(refusedInUse);
  }

  async #expire(): Promise<void> {
    const record = await this.#anyModel();
    if (record) await setExpiry(this.#deps, record, this.clock.nowMs() + this.#random.int(2 * GRACE_MS));
  }

  async #anyModel(): Promise<ModelRecord | undefined> {
    return this.#of((await this.models()).filter(({ gone }) => !gone));
  }

  #of<T>(things: readonly T[]): T | undefined {
    return things.length === 0 ? undefined : things[this.#random.int(things.length)];
  }
}

function refusedInUse(error: unknown): void {
  if ((error as { code?: unknown }).code !== 'model_in_use') throw error;
}
