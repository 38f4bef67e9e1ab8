/**
 * Everything a user can reach: jobs from their listing, segments and checkpoints from the job, bundles also from model names,
 * files from their listing. What a store holds besides is an orphan.
 */
import { type FileObject, type JobDocument, KEYS, type ModelRecord, type RunnerRecord } from '@preheat/contracts';
import { isDead, markOfJob } from '@preheat/jobs';

/**
 * Records of past requests, by design kept for a time of their own, and small records of the deployment, a project or a class of runners, of which
 * no more come with time: what runners that are gone learned is folded into one of its class.
 */
const isRecord = (key: string): boolean =>
  /^(idempotency|throughput)\//.test(key) ||
  /^(projects\/[^/]+\/roster|scheduler\/scale|sweeper\/cursors|scheduler\/[^/]+\/\+folded)\.json$/.test(key);

/**
 * @param objects Every key of the store; the bodies of those that end in `.json` are read.
 * @param nowMs Runners whose records have not expired then are there, and what they keep is theirs. By default none is.
 */
export function orphansOf(objects: ReadonlyMap<string, Uint8Array>, nowMs = Infinity): string[] {
  const keys = new Set<string>();
  const prefixes = new Set<string>();
  const json = (key: string): unknown => JSON.parse(new TextDecoder().decode(objects.get(key)));
  for (const key of objects.keys()) {
    if (/^jobs\/[^/]+\/job\.json$/.test(key)) addJob(json(key) as JobDocument, keys, prefixes);
    if (/^files\/[^/]+\/file\.json$/.test(key)) addFile(key, json(key) as never, objects, keys);
    // The collector looks at every job again, ever more rarely.
    if (key.startsWith(KEYS.collections) && objects.has(KEYS.job(key.slice(KEYS.collections.length + 16))))
      keys.add(key);
    if (key.startsWith(KEYS.runners)) addRunner(key, json(key) as RunnerRecord, nowMs, keys);
  }
  for (const key of keys) {
    if (key.startsWith('models/') && objects.has(key)) prefixes.add((json(key) as ModelRecord).prefix);
  }
  const isReached = (key: string) => isRecord(key) || keys.has(key) || prefixes.has(key.slice(0, key.lastIndexOf('/')));
  return [...objects.keys()].filter((key) => !isReached(key));
}

function addJob(job: JobDocument, keys: Set<string>, prefixes: Set<string>): void {
  keys.add(KEYS.job(job.id)).add(KEYS.jobIndexEntry(job.projectId, job.createdAtMs, job.id));
  for (const { key } of job.events) keys.add(key);
  for (const { prefix, model } of job.checkpoints) {
    prefixes.add(prefix);
    keys.add(KEYS.model(job.projectId, model));
  }
  if (isDead(job)) addDead(job, keys);
  if (job.fineTunedModel !== null) keys.add(KEYS.model(job.projectId, job.fineTunedModel));
}

function addRunner(
  key: string,
  { id, runnerClass, expiresAtMs }: RunnerRecord,
  nowMs: number,
  keys: Set<string>,
): void {
  if (expiresAtMs > nowMs) keys.add(key).add(KEYS.keyState(runnerClass, id));
}

/** An operator may queue it again: what it was made from is still marked as used. */
function addDead(job: JobDocument, keys: Set<string>): void {
  keys.add(KEYS.deadLetter(job.finishedAtMs ?? 0, job.id));
  for (const target of job.uses ?? []) keys.add(KEYS.user(target, markOfJob(job.id)));
}

/** A file that is listed is a user's, and so are its record and content. */
function addFile(
  key: string,
  { projectId, file }: { projectId: string; file: FileObject },
  objects: ReadonlyMap<string, unknown>,
  keys: Set<string>,
): void {
  const isEntry = (other: string) => other.startsWith(KEYS.fileIndex(projectId)) && other.endsWith(`-${file.id}`);
  const entry = [...objects.keys()].find(isEntry);
  if (entry !== undefined) keys.add(entry).add(key).add(KEYS.fileContent(file.id));
}
