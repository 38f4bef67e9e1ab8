/**
 * Deletes what nothing refers to: what dead runners, lost races and merged event segments leave under `jobs/<id>/`, and the
 * names of models that never became part of their job. Only what is older than a grace period, which must exceed the longest
 * pause of any process: until then a writer may still be about to refer to it. Only keys that no later writer uses again
 * (they contain a write id or an epoch), or names of jobs that have ended, so that deleting races with nobody.
 */
import {
  decodeStored,
  type JobDocument,
  KEYS,
  MAX_CHECKPOINTS,
  ModelRecord,
  TERMINAL_STATES,
} from '@preheat/contracts';
import { type ListEntry, listAll, putIdempotent } from '@preheat/ports';
import type { JobStore, JobStoreDependencies } from './job-store.js';
import { fineTunedModelName } from './public-job.js';

export interface CollectResult {
  readonly looked: number;
  readonly deleted: number;
  /** Jobs whose objects could not be read or deleted; the log says why. */
  readonly failed: number;
}

export interface CollectOptions {
  /** Age from which an object that nothing refers to is deleted. */
  readonly orphanGraceMs: number;
}

/** Looks at each job once a grace period, from its creation until nothing is left to delete. */
export async function collectJobs(
  jobs: JobStore,
  deps: JobStoreDependencies,
  { orphanGraceMs }: CollectOptions,
): Promise<CollectResult> {
  const result = { looked: 0, deleted: 0, failed: 0 };
  const nowMs = deps.clock.nowMs();
  for await (const { key } of listAll(deps.store, KEYS.collections)) {
    const [sinceMs, jobId] = splitCollectionKey(key);
    if (sinceMs + orphanGraceMs > nowMs) break;
    result.looked++;
    try {
      const { deleted, isDone } = await collectJob(jobs, deps, jobId, nowMs - orphanGraceMs);
      result.deleted += deleted;
      if (!isDone) await putIdempotent(deps.store, KEYS.collection(nowMs, jobId), new Uint8Array());
      await deps.store.delete(key);
    } catch (error) {
      result.failed++;
      deps.log.error('the orphans of a job could not be deleted', { jobId, error });
    }
  }
  return result;
}

function splitCollectionKey(key: string): [sinceMs: number, jobId: string] {
  const name = key.slice(KEYS.collections.length);
  return [Number(name.slice(0, 15)), name.slice(16)];
}

async function collectJob(
  jobs: JobStore,
  deps: JobStoreDependencies,
  jobId: string,
  olderThanMs: number,
): Promise<{ deleted: number; isDone: boolean }> {
  // Listed before the document is read: what the document refers to by then is kept.
  const entries: ListEntry[] = [];
  for await (const entry of listAll(deps.store, KEYS.jobObjects(jobId))) entries.push(entry);
  const job = (await jobs.read(jobId))?.document;
  const { prefixes, orphans: names } = job ? await modelsOf(job, deps) : { prefixes: [], orphans: [] };
  const orphans = entries.filter(({ key }) => key !== KEYS.job(jobId) && !isReferenced(key, job, prefixes));
  const old = [...names, ...orphans].filter(({ lastModifiedMs }) => lastModifiedMs < olderThanMs);
  // A bundle loses its manifest first, so that what is left of it is never taken for whole.
  const manifestsFirst = [...old].sort((a, b) => Number(isManifest(b.key)) - Number(isManifest(a.key)));
  for (const { key } of manifestsFirst) await deps.store.delete(key);
  // Deleting a name may orphan its bundle: that is for the next look.
  const isEmpty = orphans.length + names.length === 0;
  const isOver = job === undefined || (job.finishedAtMs !== null && job.finishedAtMs < olderThanMs);
  return { deleted: old.length, isDone: isEmpty && isOver };
}

const isManifest = (key: string): boolean => key.endsWith('/manifest.json');

/** Whether the job, a model or a runner at work refers to the object, or may yet do so. */
function isReferenced(key: string, job: JobDocument | undefined, modelPrefixes: readonly string[]): boolean {
  if (!job) return false;
  const [, , kind, epoch, bundle] = key.split('/');
  if (kind === 'events') return job.events.some((segment) => segment.key === key);
  if (kind !== 'attempts') return true;
  if (job.lease !== null && Number(epoch) === job.epoch) return true;
  const prefix = `${KEYS.attempt(job.id, Number(epoch))}/${bundle}`;
  // Also when its name was deleted: adapters of other jobs may name the bundle as their base.
  if (job.state === 'succeeded' && prefix === `${KEYS.attempt(job.id, job.epoch)}/final`) return true;
  return modelPrefixes.includes(prefix) || job.checkpoints.some((checkpoint) => checkpoint.prefix === prefix);
}

/** Where the models of a job are, and the names that an ended job does not know. */
async function modelsOf(
  job: JobDocument,
  { store }: JobStoreDependencies,
): Promise<{ prefixes: string[]; orphans: ListEntry[] }> {
  const prefixes: string[] = [];
  const orphans: ListEntry[] = [];
  const mayForget = TERMINAL_STATES.has(job.state) && job.checkpoints.length < MAX_CHECKPOINTS;
  const known = new Set([job.fineTunedModel, ...job.checkpoints.map(({ model }) => model)]);
  for await (const entry of listAll(store, KEYS.modelsNamed(job.projectId, fineTunedModelName(job)))) {
    const object = await store.get(entry.key);
    if (!object) continue;
    const record = decodeStored(ModelRecord, object.body, entry.key);
    prefixes.push(record.prefix);
    if (mayForget && record.jobId === job.id && !known.has(record.name)) orphans.push(entry);
  }
  return { prefixes, orphans };
}
