/**
 * Who uses a model, a bundle or a file. Jobs, imported adapters and exports leave a mark at what they use before they are
 * written themselves; a mark counts while its maker is at work, or has a model that cannot be read without the bundle. Aliases
 * and evaluation runs are found by the name they hold. What is used is neither deleted nor collected.
 */
import {
  decodeStored,
  type JobDocument,
  KEYS,
  type ModelRecord,
  StoredAlias,
  StoredEval,
  StoredRun,
  TERMINAL_STATES,
} from '@preheat/contracts';
import { type Clock, listAll, type ObjectStore } from '@preheat/ports';
import { neededCheckpoints } from './best-checkpoint.js';
import { isDead } from './dead-letters.js';
import type { Versioned } from './document-store.js';
import { modelsOfJob, readModelRecord, type StoredModel } from './model-records.js';
import { ownedBy } from './owned-by.js';
import { inLanes } from './sweep-turns.js';
import type { Use } from './use-marks.js';

export interface UsesDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly jobs: { read(jobId: string): Promise<Versioned<JobDocument> | undefined> };
}

export interface UsesOptions {
  /** So long a mark counts although nothing is known of its maker, who may be about to be written. */
  readonly graceMs: number;
  /** Whether jobs count that died too often: an operator may queue them again. */
  readonly includeDead: boolean;
  /** Runs under way as they were read before; as of now unless said. */
  readonly runs?: ActiveRuns;
}

/** Whether a job may still read what it was made from: it has not ended, or its model is yet to be published. */
export function isAtWork({ state, publication }: Pick<JobDocument, 'state' | 'publication'>): boolean {
  const isPending = publication?.state === 'pending' || publication?.state === 'evaluating';
  return !TERMINAL_STATES.has(state) || (state === 'succeeded' && isPending);
}

/** Answers for one moment: what is read of runs and of the models of a job is read once. */
export class Uses {
  readonly #deps: UsesDependencies;
  readonly #options: UsesOptions;
  readonly #runs: ActiveRuns;
  readonly #models = new Map<string, Promise<StoredModel[]>>();

  constructor(deps: UsesDependencies, options: UsesOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#runs = options.runs ?? new ActiveRuns(deps.store);
  }

  async ofModel(record: ModelRecord): Promise<Use[]> {
    const found = await Promise.all([
      this.#ofOwnJob(record),
      this.ofBundle(record.prefix),
      this.#ofAliases(record),
      this.#ofRuns((run) => mayMean(run, record), record.name),
    ]);
    return distinct(found.flat()).filter(({ kind, id }) => kind !== 'model' || id !== record.name);
  }

  async ofFile(projectId: string, id: string): Promise<Use[]> {
    const runs = await this.#ofRuns((run) => ownedBy(projectId, run) !== undefined, id);
    return distinct([...(await this.#ofMarks(KEYS.fileFolder(id))), ...runs]);
  }

  /** By marks, and by the other models of the job that wrote the bundle. */
  async ofBundle(prefix: string): Promise<Use[]> {
    const jobId = /^jobs\/([^/]+)\//.exec(prefix)?.[1];
    const own = jobId === undefined ? undefined : (await this.#deps.jobs.read(jobId))?.document;
    return distinct([...(await this.#ofMarks(prefix)), ...(own ? await this.#needing(own, prefix) : [])]);
  }

  async #ofMarks(target: string): Promise<Use[]> {
    const start = KEYS.users(target);
    const found: Use[] = [];
    for await (const { key, lastModifiedMs } of listAll(this.#deps.store, start)) {
      const isYoung = lastModifiedMs > this.#deps.clock.nowMs() - this.#options.graceMs;
      found.push(...(await this.#ofMark(key.slice(start.length), target, isYoung)));
    }
    return found;
  }

  async #ofMark(by: string, target: string, isYoung: boolean): Promise<Use[]> {
    const [kind = '', ...rest] = by.split('-');
    const id = rest.join('-');
    if (kind === 'export') return isYoung ? [{ kind: 'export', id }] : [];
    if (kind === 'model') return this.#ofAdapter(id, target, isYoung);
    const job = (await this.#deps.jobs.read(id))?.document;
    const use: Use = { kind: 'job', id };
    if (!job) return isYoung ? [use] : [];
    return this.#counts(job) ? [use] : this.#needing(job, target);
  }

  async #ofAdapter(id: string, target: string, isYoung: boolean): Promise<Use[]> {
    const [projectId = '', encoded = ''] = id.split('+');
    const name = decodeURIComponent(encoded);
    const record = await readModelRecord(this.#deps.store, projectId, name);
    const isNeeding = record ? !record.gone && (record.needs ?? []).includes(target) : false;
    return isNeeding || isYoung ? [{ kind: 'model', id: name }] : [];
  }

  /** Models of a job that cannot be read without the bundle. */
  async #needing(job: JobDocument, prefix: string): Promise<Use[]> {
    const reading = this.#models.get(job.id) ?? modelsOfJob(this.#deps.store, job);
    this.#models.set(job.id, reading);
    const needing = (await reading).filter(({ record }) => !record.gone && record.needs?.includes(prefix));
    return needing.map(({ record }) => ({ kind: 'model', id: record.name }));
  }

  async #ofOwnJob({ jobId, name, prefix }: ModelRecord): Promise<Use[]> {
    const job = jobId === null ? undefined : (await this.#deps.jobs.read(jobId))?.document;
    if (!job || !this.#counts(job)) return [];
    const isNeeded = [...neededCheckpoints(job)].some((checkpoint) => checkpoint.prefix === prefix);
    return isNeeded || job.fineTunedModel === name ? [{ kind: 'job', id: job.id }] : [];
  }

  #counts(job: JobDocument): boolean {
    return isAtWork(job) || (this.#options.includeDead && isDead(job));
  }

  async #ofAliases({ projectId, name }: ModelRecord): Promise<Use[]> {
    const found: Use[] = [];
    for await (const { key } of listAll(this.#deps.store, KEYS.aliases(projectId ?? ''))) {
      const object = await this.#deps.store.get(key);
      const alias = object && decodeStored(StoredAlias, object.body, key);
      if (alias?.current.model === name) found.push({ kind: 'alias', id: alias.alias });
    }
    return found;
  }

  /** Runs under way that sample from a model, judge by it, or read a file. */
  async #ofRuns(isMeant: (run: NamingRun) => boolean, named: string): Promise<Use[]> {
    const using = (await this.#runs.all()).filter((run) => isMeant(run) && run.names.has(named));
    return using.map(({ id }) => ({ kind: 'eval run', id }));
  }
}

interface NamingRun {
  readonly id: string;
  readonly projectId: string;
  /** Models that answer or judge, and the file of its rows. */
  readonly names: ReadonlySet<string>;
}

const RUNS_AT_ONCE = 8;

/** The runs under way, read once when they are first asked for. */
export class ActiveRuns {
  readonly #store: ObjectStore;
  #reading: Promise<NamingRun[]> | undefined;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  all(): Promise<readonly NamingRun[]> {
    this.#reading ??= activeRuns(this.#store);
    return this.#reading;
  }
}

async function activeRuns(store: ObjectStore): Promise<NamingRun[]> {
  const found: NamingRun[] = [];
  await inLanes(listAll(store, KEYS.activeRuns), RUNS_AT_ONCE, async ({ key }) => {
    const [evalId = '', runId = ''] = key.slice(KEYS.activeRuns.length).split('--');
    const [runKey, evalKey] = [KEYS.run(evalId, runId), KEYS.evaluation(evalId)];
    const [runObject, evalObject] = await Promise.all([store.get(runKey), store.get(evalKey)]);
    if (!runObject) return;
    const { id, projectId, state, dataSource, isRecorded } = decodeStored(StoredRun, runObject.body, runKey);
    // A recorded run has its rows, answers and grades.
    if (isRecorded || (state !== 'queued' && state !== 'in_progress')) return;
    const criteria = evalObject && decodeStored(StoredEval, evalObject.body, evalKey).testingCriteria;
    const file = dataSource.source.type === 'file_id' ? [dataSource.source.id] : [];
    const model = dataSource.type === 'jsonl' ? [] : [dataSource.model ?? ''];
    found.push({ id, projectId, names: new Set([...file, ...model, ...modelsNamedIn(criteria)]) });
  });
  // Lanes end in any order; who is named as a user should not change with it.
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Every value of a key `model`, as graders name their judges, however deep. */
export function modelsNamedIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(modelsNamedIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'model' && typeof inner === 'string' ? [inner] : modelsNamedIn(inner),
  );
}

/** Names of fine-tunes are unique over projects, and another project may have been let in; others are the owner's alone. */
const mayMean = (run: NamingRun, { name, projectId }: ModelRecord): boolean =>
  name.startsWith('ft:') || ownedBy(projectId ?? '', run) !== undefined;

const distinct = (uses: readonly Use[]): Use[] => [
  ...new Map(uses.map((use) => [`${use.kind} ${use.id}`, use])).values(),
];
