/**
 * One look of the collector at one job, in an order that makes it safe against whoever comes in between: a name goes first, by
 * compare-and-swap, and says since when; who used it by then gets it back. Only a grace period later the bundle goes, unless
 * something has come to use it: everybody who found the name has left a mark by then.
 */
import {
  type CheckpointRecord,
  type JobDocument,
  KEYS,
  type ModelRecord,
  type NewEvent,
  TERMINAL_STATES,
} from '@preheat/contracts';
import { type ListEntry, listAll } from '@preheat/ports';
import { keptCheckpoints, neededCheckpoints } from './best-checkpoint.js';
import { isDead } from './dead-letters.js';
import { appendEvents } from './event-log.js';
import type { JobStore, JobStoreDependencies } from './job-store.js';
import { modelsOfJob, readModelRecord, restoreModel, retireModel, type StoredModel } from './model-records.js';
import { markOfJob, type Use } from './use-marks.js';
import { type ActiveRuns, isAtWork, Uses } from './uses.js';

export interface JobLook {
  readonly jobId: string;
  /** Keys outside its folder that were written before its document, as its entry of the schedule says. */
  readonly traces: readonly string[];
  readonly graceMs: number;
  /** Runs under way as the sweep read them: what they use is left alone. What they do not is looked at again before it goes. */
  readonly runs?: ActiveRuns;
  /** Whether nothing more is to be begun: what is left is deleted by the next look, which comes at once. */
  readonly isOver?: () => boolean;
}

/** What one look goes by. */
interface Look extends JobLook {
  readonly jobs: JobStore;
  readonly deps: JobStoreDependencies;
  readonly olderThanMs: number;
}

export interface JobLookResult {
  readonly deleted: number;
  /** When to look again: at least a grace period from now, or now where there was no time for all of it; null: there is no such job, and nothing of it. */
  readonly lookAtMs: number | null;
}

export async function collectJob(jobs: JobStore, deps: JobStoreDependencies, jobLook: JobLook): Promise<JobLookResult> {
  const look = { ...jobLook, jobs, deps, olderThanMs: deps.clock.nowMs() - jobLook.graceMs };
  // Listed before the document is read: what the document refers to by then is kept. Names after it: those it knows are there.
  const entries: ListEntry[] = [];
  for await (const entry of listAll(deps.store, KEYS.jobObjects(look.jobId))) entries.push(entry);
  const found = (await jobs.read(look.jobId))?.document;
  if (!found) return collectUnborn(look, entries);
  const before = await modelsOfJob(deps.store, found);
  await restoreUsed(look, before, entries);
  const surplus = surplusModels(found, before);
  await retireUnused(
    look,
    surplus.filter(({ writtenAtMs }) => writtenAtMs < look.olderThanMs),
  );
  const named = await modelsOfJob(deps.store, found);
  const job = await forgetUnnamed(look, found, named);
  const { deleted, left, isCut } = await deleteOrphans(look, job, entries, named);
  const tombstones = await deleteTombstones(look, job, named);
  await dropMarks(look, job, named);
  // Whoever queues a dead job again, or takes the name of one of its models away, has the collector look again.
  const hasEnded = TERMINAL_STATES.has(job.state) && !isAtWork(job);
  // A surplus name may be too young to go: a runner writes it until it learns that its job was cancelled.
  const endedAtMs = (hasEnded ? job.finishedAtMs : null) ?? Infinity;
  const isClean = endedAtMs < look.olderThanMs && surplus.length + left + deleted + tombstones === 0;
  return { deleted, lookAtMs: isClean ? rareLookAtMs(look, endedAtMs) : soonestMs(look, isCut) };
}

const soonestMs = ({ deps, graceMs }: Look, isCut = false): number => deps.clock.nowMs() + (isCut ? 0 : graceMs);

/** Deletes in this order until the time is up; returns how many. */
async function deleteInTime({ deps, isOver }: Look, entries: readonly ListEntry[]): Promise<number> {
  for (const [index, { key }] of entries.entries()) {
    if (isOver?.()) return index;
    await deps.store.delete(key);
  }
  return entries.length;
}

/**
 * Whatever there was is deleted, but a write may arrive however late. The time since the end about doubles between two looks, and
 * they are at the same times whoever had the job looked at: then their entries are one.
 */
function rareLookAtMs(look: Look, endedAtMs: number): number {
  let sinceEndMs = Math.max(1, look.graceMs);
  while (endedAtMs + sinceEndMs < soonestMs(look)) sinceEndMs *= 2;
  return endedAtMs + sinceEndMs;
}

/** Nothing more will be written for the job, and nobody can queue it again. */
const isAllOver = (job: JobDocument): boolean => TERMINAL_STATES.has(job.state) && !isAtWork(job) && !isDead(job);

/** Who uses what as of now: what was read a moment ago tells nothing of that. */
const usesAt = ({ deps, jobs, graceMs }: Look, runs?: ActiveRuns): Uses =>
  new Uses({ ...deps, jobs }, { graceMs, includeDead: true, ...(runs ? { runs } : {}) });

const isUsed = (look: Look, uses: readonly Use[]): boolean => look.jobs.pieces.isUsed(uses);

/** A job whose creation ended before its document was written. */
async function collectUnborn(look: Look, entries: readonly ListEntry[]): Promise<JobLookResult> {
  const { store } = look.deps;
  const heads = await Promise.all(look.traces.map(async (key) => ({ key, head: await store.head(key) })));
  const present = [...entries, ...heads.flatMap(({ key, head }) => (head ? [{ key, ...head }] : []))];
  const old = present.filter(({ lastModifiedMs }) => lastModifiedMs < look.olderThanMs);
  const deleted = await deleteInTime(look, old);
  return { deleted, lookAtMs: present.length === 0 ? null : soonestMs(look, deleted < old.length) };
}

/** Neither kept by the job nor unknown to it while it may yet come to know them. */
function surplusModels(job: JobDocument, models: readonly StoredModel[]): StoredModel[] {
  const kept = new Set([...keptCheckpoints(job)].map(({ model }) => model));
  const listed = new Set(job.checkpoints.map(({ model }) => model));
  return models.filter(({ record: { name, gone } }) => {
    if (gone || kept.has(name) || name === job.fineTunedModel) return false;
    return listed.has(name) || TERMINAL_STATES.has(job.state);
  });
}

async function retireUnused(look: Look, surplus: readonly StoredModel[]): Promise<void> {
  const { store, clock } = look.deps;
  const [earlier, before] = [usesAt(look, look.runs), usesAt(look)];
  const retired: ModelRecord[] = [];
  for (const { record } of surplus) {
    if (isUsed(look, await earlier.ofModel(record))) continue;
    // Read a while ago, runs tell only of use: one that came since must not see its model go, if only for a moment.
    if (look.runs && isUsed(look, await before.ofModel(record))) continue;
    if (await retireModel(store, record, { atMs: clock.nowMs(), reason: 'retention' })) retired.push(record);
  }
  // Who wrote down the name before it went, and after the first look, is seen now.
  const after = usesAt(look);
  for (const record of retired) if (isUsed(look, await after.ofModel(record))) await restoreModel(store, record);
}

/** Somebody came to use a name that retention took away, and was not to be seen yet at the last look. */
async function restoreUsed(look: Look, models: readonly StoredModel[], entries: readonly ListEntry[]): Promise<void> {
  const whole = new Set(entries.flatMap(({ key }) => (isManifest(key) ? [bundleOf(look.jobId, key)] : [])));
  const uses = usesAt(look);
  for (const { record } of models) {
    if (record.gone?.reason !== 'retention' || !whole.has(record.prefix)) continue;
    if (isUsed(look, await uses.ofModel(record))) await restoreModel(look.deps.store, record);
  }
}

/** Takes checkpoints without a name off the job's list, but for those it may still go on from. */
async function forgetUnnamed(look: Look, job: JobDocument, models: readonly StoredModel[]): Promise<JobDocument> {
  const { store, clock } = look.deps;
  const unnamed = await unnamedCheckpoints(look, job, models);
  if (unnamed.size === 0) return job;
  const stored = await look.jobs.documents.update(KEYS.job(job.id), async (now, writeId) => {
    const needed = isAllOver(now) ? new Set<CheckpointRecord>() : neededCheckpoints(now);
    const forgotten = now.checkpoints.filter((one) => unnamed.has(one.id) && !needed.has(one));
    if (forgotten.length === 0) return undefined;
    const logged = await appendEvents(store, now, [forgottenEvent(forgotten)], clock.nowMs(), writeId);
    return { ...now, ...logged, checkpoints: now.checkpoints.filter((one) => !forgotten.includes(one)) };
  });
  return stored?.document ?? job;
}

/** By id. A listing may be older than the name of a new checkpoint, so those that it lacks are asked for. */
async function unnamedCheckpoints(
  { deps }: Look,
  { projectId, checkpoints }: JobDocument,
  models: readonly StoredModel[],
): Promise<Set<string>> {
  const named = new Set(models.flatMap(({ record }) => (record.gone ? [] : [record.name])));
  const unnamed = new Set<string>();
  for (const { id, model } of checkpoints) {
    if (named.has(model)) continue;
    const record = await readModelRecord(deps.store, projectId, model);
    if (!record || record.gone) unnamed.add(id);
  }
  return unnamed;
}

function forgottenEvent(forgotten: readonly CheckpointRecord[]): NewEvent {
  const steps = forgotten.map(({ step }) => step);
  const message = `Checkpoints that are not kept any more were deleted: step ${steps.join(', ')}`;
  return { level: 'info', type: 'message', message, data: { kind: 'checkpoints_deleted', steps } };
}

async function deleteOrphans(
  look: Look,
  job: JobDocument,
  entries: readonly ListEntry[],
  models: readonly StoredModel[],
): Promise<{ deleted: number; left: number; isCut: boolean }> {
  const held = await heldBundles(look, job, entries, models);
  const orphans = entries.filter(({ key }) => key !== KEYS.job(job.id) && !isReferenced(key, job, held));
  const old = await closedTo(
    look,
    orphans.filter(({ lastModifiedMs }) => lastModifiedMs < look.olderThanMs),
  );
  // A bundle loses its manifest first, so that what is left of it is never taken for whole.
  const manifestsFirst = [...old].sort((a, b) => Number(isManifest(b.key)) - Number(isManifest(a.key)));
  const deleted = await deleteInTime(look, manifestsFirst);
  return { deleted, left: orphans.length - deleted + held.byOthers, isCut: deleted < old.length };
}

/**
 * Without segments that the log lists after all. Whoever wrote one and has not brought it into the log by now, however long it was
 * stopped in between, will not: its compare-and-swap is against a version that is replaced here.
 */
async function closedTo(look: Look, orphans: readonly ListEntry[]): Promise<ListEntry[]> {
  const isSegment = ({ key }: ListEntry) => key.startsWith(KEYS.jobEventLog(look.jobId));
  if (!orphans.some(isSegment)) return [...orphans];
  const stored = await look.jobs.documents.update(KEYS.job(look.jobId), (now) => ({ ...now }));
  const listed = new Set(stored?.document.events.map(({ key }) => key));
  return orphans.filter(({ key }) => !listed.has(key));
}

const isManifest = (key: string): boolean => key.endsWith('/manifest.json');

interface HeldBundles {
  readonly prefixes: ReadonlySet<string>;
  /** Those whose name went long ago: also a runner at work has done with them. */
  readonly retired: ReadonlySet<string>;
  /** Of those, how many nothing but others holds: they may go when the others do. */
  readonly byOthers: number;
}

async function heldBundles(
  look: Look,
  job: JobDocument,
  entries: readonly ListEntry[],
  models: readonly StoredModel[],
): Promise<HeldBundles> {
  const isRetired = ({ record: { gone } }: StoredModel) => gone !== undefined && gone.atMs < look.olderThanMs;
  const byName = models.filter((model) => !isRetired(model));
  const byJob = [...job.checkpoints, ...(job.resume && !isAllOver(job) ? [job.resume] : [])];
  const prefixes = new Set([...byName.map(({ record }) => record.prefix), ...byJob.map(({ prefix }) => prefix)]);
  const bundles = new Set(entries.flatMap(({ key }) => bundleOf(job.id, key) ?? []));
  const uses = usesAt(look);
  let byOthers = 0;
  for (const prefix of bundles) {
    if (prefixes.has(prefix) || !isUsed(look, await uses.ofBundle(prefix))) continue;
    prefixes.add(prefix);
    byOthers++;
  }
  const retired = new Set(models.filter(isRetired).map(({ record }) => record.prefix));
  return { prefixes, retired, byOthers };
}

function bundleOf(jobId: string, key: string): string | undefined {
  const [, , kind, epoch, bundle] = key.split('/');
  return kind === 'attempts' ? `${KEYS.attempt(jobId, Number(epoch))}/${bundle}` : undefined;
}

/** Whether the job, a model, somebody else or a runner at work refers to the object, or may yet do so. */
function isReferenced(key: string, job: JobDocument, held: HeldBundles): boolean {
  const [, , kind, epoch] = key.split('/');
  if (kind === 'events') return job.events.some((segment) => segment.key === key);
  if (kind !== 'attempts') return true;
  const prefix = bundleOf(job.id, key) ?? '';
  if (held.prefixes.has(prefix)) return true;
  return job.lease !== null && Number(epoch) === job.epoch && !held.retired.has(prefix);
}

/**
 * Records of names that are gone for longer than anybody may still read by them; those of expired models say so for longer,
 * see `sweepExpiries`. Returns how many there were.
 */
async function deleteTombstones(
  { deps, olderThanMs }: Look,
  job: JobDocument,
  models: readonly StoredModel[],
): Promise<number> {
  const gone = models.filter(({ record }) => record.gone && record.gone.reason !== 'expired');
  // A runner may come to write the name of a job under way again.
  const old = TERMINAL_STATES.has(job.state)
    ? gone.filter(({ record }) => (record.gone?.atMs ?? Infinity) < olderThanMs)
    : [];
  for (const { record } of old) await deps.store.delete(KEYS.model(job.projectId, record.name));
  return gone.length;
}

/** The marks of a job that is over, but for what its models cannot be read without. */
async function dropMarks({ deps }: Look, job: JobDocument, models: readonly StoredModel[]): Promise<void> {
  if (!isAllOver(job)) return;
  const needed = new Set(models.flatMap(({ record }) => (record.gone ? [] : (record.needs ?? []))));
  for (const target of job.uses ?? []) {
    if (!needed.has(target)) await deps.store.delete(KEYS.user(target, markOfJob(job.id)));
  }
}
