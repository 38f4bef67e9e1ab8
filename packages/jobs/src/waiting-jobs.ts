/**
 * The jobs that wait for a runner, by project and in the order in which they are to run. An index and no ledger: an entry
 * counts only while its job is queued at this very place, whoever meets another one deletes it, and one that is missing is
 * written again by the sweeper's next ring. Reading it costs what the projects with waiting jobs cost, not the jobs.
 */
import { type JobDocument, KEYS } from '@preheat/contracts';
import { listPages, type ObjectStore } from '@preheat/ports';
import type { Versioned } from './document-store.js';
import { inLanes, type SweepTurn } from './sweep-turns.js';

/** As far as a job store is needed here. */
interface Jobs {
  read(jobId: string): Promise<Versioned<JobDocument> | undefined>;
}

export interface WaitingEntry {
  readonly key: string;
  readonly jobId: string;
  readonly projectId: string;
  /** It had begun and lost its runner. */
  readonly isAhead: boolean;
  /** What goes before its age: entries of one project with the same rank differ in age alone. */
  readonly rank: string;
  readonly sinceMs: number;
}

/** Projects that one look considers. Where more wait, looks begin at different ones, so that each is considered by some. */
const MAX_PROJECTS = 256;
/** Entries read of each project: more than one, so that one unreadable document stands in nobody's way. */
const ENTRIES_PER_PROJECT = 4;
/** Whose place among each other is told; ten requests to the store. */
export const MAX_LISTED = 10_000;
const ENTRIES_AT_ONCE = 8;
const SINCE_DIGITS = 15;

/** Where a job waits while it is queued. */
export function waitingKey(job: JobDocument): string {
  const { projectId, id, createdAtMs, queuedAtMs = createdAtMs, goesAhead = false, priority = 0 } = job;
  return KEYS.waitingJob(projectId, { isAhead: goesAhead, priority, sinceMs: queuedAtMs }, id);
}

function waitingEntry(key: string): WaitingEntry {
  const [projectId = '', name = ''] = key.slice(KEYS.waiting.length).split('/');
  const [rank = '', since = ''] = name.split('-', 2);
  const jobId = name.slice(rank.length + since.length + 2);
  return { key, jobId, projectId, isAhead: rank.startsWith('0'), rank, sinceMs: Number(since.slice(0, SINCE_DIGITS)) };
}

/** Where a look begins when more projects wait than it considers: `at` this one, which is among them, or behind it. */
export type LookStart = { readonly at: string } | { readonly after: string } | undefined;

/**
 * The next entries of every project that has one, in order.
 * @param startOf Asked when there are too many for one look, which then goes round from there.
 */
export async function nextOfProjects(
  store: ObjectStore,
  startOf: () => Promise<LookStart> = async () => undefined,
): Promise<WaitingEntry[][]> {
  const first = await store.list(KEYS.waiting, { delimiter: '/', limit: MAX_PROJECTS });
  const start = first.truncated ? await startOf() : undefined;
  const prefixes = start ? await prefixesFrom(store, start, first.commonPrefixes) : first.commonPrefixes;
  const lists = prefixes.map((prefix) => store.list(prefix, { limit: ENTRIES_PER_PROJECT }));
  return (await Promise.all(lists))
    .map(({ entries }) => entries.map(({ key }) => waitingEntry(key)))
    .filter((entries) => entries.length > 0);
}

/** @param firstOnes The first prefixes of all, which follow on the last ones. */
async function prefixesFrom(
  store: ObjectStore,
  start: NonNullable<LookStart>,
  firstOnes: readonly string[],
): Promise<string[]> {
  const begin = KEYS.waitingOf('at' in start ? start.at : start.after);
  const behind = await store.list(KEYS.waiting, { delimiter: '/', limit: MAX_PROJECTS, startAfter: begin });
  const round = [...('at' in start ? [begin] : []), ...behind.commonPrefixes, ...firstOnes];
  return [...new Set(round)].slice(0, MAX_PROJECTS);
}

/** Every waiting job, in order of projects and then their own; null when there are too many to look at. */
export async function waitingJobs(store: ObjectStore): Promise<WaitingEntry[] | null> {
  const listed: WaitingEntry[] = [];
  for await (const page of listPages(store, KEYS.waiting)) {
    listed.push(...page.map(({ key }) => waitingEntry(key)));
    if (listed.length > MAX_LISTED) return null;
  }
  return listed;
}

/** The entry of a job that waits, whether or not the index has it yet. */
export const entryOf = (job: JobDocument): WaitingEntry => waitingEntry(waitingKey(job));

/** Deletes the entry if its job does not wait there any more. */
export async function dropIfStale(jobs: Jobs, store: ObjectStore, { key, jobId }: WaitingEntry): Promise<void> {
  const job = (await jobs.read(jobId))?.document;
  if (job?.state === 'queued' && waitingKey(job) === key) return;
  await store.delete(key);
}

/**
 * Deletes every entry whose job does not wait there.
 * @param look `known`: entries known to be right, which are not looked at.
 */
export async function dropStaleEntries(
  jobs: Jobs,
  store: ObjectStore,
  { known, turn }: { known: ReadonlySet<string>; turn: SweepTurn },
): Promise<void> {
  await inLanes(turn.entries(KEYS.waiting), ENTRIES_AT_ONCE, async ({ key }) => {
    if (!known.has(key)) await dropIfStale(jobs, store, waitingEntry(key));
  });
}
