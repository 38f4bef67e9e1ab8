/**
 * Once the grace period is over, everything in the store is reached from something a user can name: a job from its listing,
 * segments and checkpoints from the job, bundles also from model names, files from theirs. And nothing of it was deleted.
 */
import { type FileObject, type JobDocument, KEYS, type ModelRecord } from '@preheat/contracts';
import { isDead } from '@preheat/jobs';
import type { FinalEvidence, Property } from '../property.js';

export const noOrphanSurvives: Property = {
  name: 'no orphaned object older than the grace period survives the collector',

  ended(evidence) {
    const { objects } = evidence.history;
    const reached = reachable(evidence);
    return [...objects.keys()].filter((key) => !isReached(key, reached)).map((key) => `nothing refers to ${key}`);
  },
};

interface Reached {
  readonly keys: ReadonlySet<string>;
  /** Bundles. */
  readonly prefixes: ReadonlySet<string>;
}

/** A record of past requests, by design kept for a time of its own. */
const isRecord = (key: string): boolean => key.startsWith('idempotency/');

function isReached(key: string, { keys, prefixes }: Reached): boolean {
  return isRecord(key) || keys.has(key) || prefixes.has(key.slice(0, key.lastIndexOf('/')));
}

function reachable({ history }: FinalEvidence): Reached {
  const keys = new Set<string>();
  const prefixes = new Set<string>();
  for (const jobId of history.jobs.keys()) {
    const job = history.latest(jobId);
    if (job) addJob(job, keys, prefixes);
  }
  for (const [key, { body }] of history.objects) {
    const json = (): unknown => JSON.parse(new TextDecoder().decode(body));
    if (keys.has(key) && key.startsWith('models/')) prefixes.add((json() as ModelRecord).prefix);
    if (key.startsWith('files/') && key.endsWith('/file.json')) addFile(key, json() as never, history.objects, keys);
  }
  return { keys, prefixes };
}

function addJob(job: JobDocument, keys: Set<string>, prefixes: Set<string>): void {
  keys.add(KEYS.job(job.id)).add(KEYS.jobIndexEntry(job.projectId, job.createdAtMs, job.id));
  for (const { key } of job.events) keys.add(key);
  for (const { prefix, model } of job.checkpoints) {
    prefixes.add(prefix);
    keys.add(KEYS.model(job.projectId, model));
  }
  if (isDead(job)) keys.add(KEYS.deadLetter(job.finishedAtMs ?? 0, job.id));
  if (job.fineTunedModel !== null) keys.add(KEYS.model(job.projectId, job.fineTunedModel));
}

/** A file that is listed is a user's, and so are its record and content. */
function addFile(
  key: string,
  { projectId, file }: { projectId: string; file: FileObject },
  objects: ReadonlyMap<string, unknown>,
  keys: Set<string>,
): void {
  const entry = [...objects.keys()].find(
    (other) => other.startsWith(KEYS.fileIndex(projectId)) && other.endsWith(`-${file.id}`),
  );
  if (entry !== undefined) keys.add(entry).add(key).add(KEYS.fileContent(file.id));
}
