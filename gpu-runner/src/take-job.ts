/**
 * What a free runner works on next. A message only says that there is work: which job, the index of waiting jobs says, read
 * project by project, so that projects share runners evenly and stay within their bounds whatever order messages come in.
 * A job may be left to runners that hold its model, for a bounded time since it waits; meanwhile what stands behind it may go, but
 * for jobs of its own project that are of lower priority.
 */
import {
  dropIfStale,
  LeasedJob,
  type LookStart,
  nextOfProjects,
  ProjectRosters,
  type WaitingEntry,
  waitingKey,
} from '@preheat/jobs';
import { fairOrder, type ProjectDemand } from '@preheat/scheduler';
import { Affinity, type KeptJob } from './affinity.js';
import type { RunnerDependencies } from './runner-dependencies.js';

/** Others take jobs at the same time; after this many looks without one, the next message tries again. */
const MAX_LOOKS = 4;

interface Demand extends ProjectDemand {
  readonly entries: readonly WaitingEntry[];
}

export interface Look {
  readonly leased: LeasedJob | undefined;
  /** Jobs that this runner could have taken, and left to others. */
  readonly kept: readonly KeptJob[];
}

export interface LookOptions {
  /** The job that a message named: taken when the index has nothing of its project, since it may lag behind. */
  readonly rung?: string | undefined;
  /** The project that this runner served last: where too many wait for one look, those behind it are considered. */
  readonly servedLast?: string | undefined;
}

export async function takeJob(deps: RunnerDependencies, { rung, servedLast }: LookOptions = {}): Promise<Look> {
  const rosters = new ProjectRosters(deps);
  const affinity = new Affinity(deps);
  let kept: KeptJob[] = [];
  let listed = new Set<string>();
  const startOf = async (): Promise<LookStart> => {
    const at = rung === undefined ? undefined : (await deps.jobs.read(rung))?.document.projectId;
    if (at !== undefined) return { at };
    return servedLast === undefined ? undefined : { after: servedLast };
  };
  for (let look = 0; look < MAX_LOOKS; look++) {
    const demands = await readDemands(deps, rosters, startOf);
    listed = new Set(demands.map(({ projectId }) => projectId));
    kept = [];
    let isContended = false;
    for (const demand of fairOrder(demands)) {
      const found = await takeFirst(deps, rosters, affinity, demand);
      if (found.leased) return { leased: found.leased, kept };
      kept.push(...found.kept);
      isContended ||= found.kept.length === 0;
    }
    if (!isContended) break;
  }
  const job = rung === undefined ? undefined : (await deps.jobs.read(rung))?.document;
  const isUnlisted = job && !listed.has(job.projectId);
  return { leased: isUnlisted ? await lease(deps, rosters, job.id) : undefined, kept };
}

async function readDemands(
  deps: RunnerDependencies,
  rosters: ProjectRosters,
  startOf: () => Promise<LookStart>,
): Promise<Demand[]> {
  const projects = await nextOfProjects(deps.store, startOf);
  const demands = projects.map(async (entries): Promise<Demand[]> => {
    const [first] = entries;
    if (!first) return [];
    const { projectId, isAhead, sinceMs } = first;
    const limit = limitOf(deps, projectId);
    return [{ projectId, isAhead, sinceMs, entries, limit, ...(await rosters.read(projectId, limit)) }];
  });
  return (await Promise.all(demands)).flat();
}

async function takeFirst(
  deps: RunnerDependencies,
  rosters: ProjectRosters,
  affinity: Affinity,
  { entries }: Demand,
): Promise<Look> {
  const kept: KeptJob[] = [];
  let keptRank: string | undefined;
  let isUnreadable = false;
  for (const entry of entries) {
    if (keptRank !== undefined && entry.rank !== keptRank) break;
    // Its turn was that of a job that lost its runner: without one, those of other projects go first.
    if (entries[0]?.isAhead && !entry.isAhead && !isUnreadable) break;
    try {
      const keep = await affinity.keepOf(entry);
      if (keep) {
        kept.push(keep);
        keptRank = entry.rank;
        continue;
      }
      const leased = await lease(deps, rosters, entry.jobId, entry.key);
      if (leased) return { leased, kept };
      await dropIfStale(deps.jobs, deps.store, entry);
    } catch (error) {
      isUnreadable = true;
      deps.log.error('a waiting job could not be taken; the one behind it is tried', { jobId: entry.jobId, error });
    }
  }
  return { leased: undefined, kept };
}

/**
 * Undefined: somebody else has it, it may not run yet or any more, or its project holds all the runners it may hold.
 * @param metAt The entry that it was met at, which may be another than where it waited last.
 */
async function lease(
  deps: RunnerDependencies,
  rosters: ProjectRosters,
  jobId: string,
  metAt?: string,
): Promise<LeasedJob | undefined> {
  const leased = await LeasedJob.acquire(deps, jobId, deps.runnerId, deps.leaseTtlMs);
  if (!leased) return undefined;
  if (await isAdmitted(deps, rosters, leased)) {
    // An entry that stays is stale, and whoever meets it deletes it; a job that is leased and left alone loses an attempt.
    const keys = new Set([waitingKey(leased.job), ...(metAt === undefined ? [] : [metAt])]);
    await Promise.all([...keys].map((key) => deps.store.delete(key))).catch((error: unknown) => {
      deps.log.warn('a job that runs is still listed as waiting', { jobId, error });
    });
    return leased;
  }
  await leased.yield();
  if (leased.job.state === 'queued') await deps.jobs.putBack(leased.job);
  return undefined;
}

async function isAdmitted(deps: RunnerDependencies, rosters: ProjectRosters, leased: LeasedJob): Promise<boolean> {
  try {
    return await rosters.enter(leased, limitOf(deps, leased.job.projectId));
  } catch (error) {
    deps.log.warn('a job was leased and could not be admitted; it is given back', { jobId: leased.job.id, error });
    return false;
  }
}

const limitOf = ({ jobsPerProject }: RunnerDependencies, projectId: string): number =>
  jobsPerProject?.(projectId) ?? Infinity;
