/**
 * Who trains is on the roster of its project, and the roster is never longer than the project's bound. A project that waits
 * and holds no runner is served after at most one job of another for each runner, and one more; a job that lost its runner
 * goes before jobs that have not begun. Judged once a waiting job can be seen by everybody, and is kept for no runner that holds
 * its model any more; not while its next attempt is put off.
 */
import { type JobDocument, KEYS, type ProjectRoster } from '@preheat/contracts';
import { waitingKey } from '@preheat/jobs';
import type { Evidence, Property } from '../property.js';
import type { Commit, JobVersion } from '../world/ledger-history.js';

const RUNNERS_MAX = 3;

export const runnersAreShared: Property = {
  name: 'runners are shared between projects',

  committed(commit, evidence) {
    if (commit.key.endsWith('/roster.json')) return overfull(commit, evidence);
    const [before, now] = commit.versions?.slice(-2).map(({ job }) => job) ?? [];
    if (!before || !now) return undefined;
    if ((now.progress?.step ?? 0) > (before.progress?.step ?? 0)) return unlisted(now, evidence);
    if (now.lease === null || now.epoch === before.epoch || before.state !== 'queued') return undefined;
    // What was leased beyond the bound of its project is given back at once, and began nothing.
    if (before.goesAhead || evidence.faults.jobsPerProject !== Infinity) return undefined;
    return overtaking(now, commit.atMs, evidence) ?? starving(now, commit.atMs, evidence);
  },
};

function overfull({ key, body }: Commit, { faults }: Evidence): string | undefined {
  const { running } = JSON.parse(new TextDecoder().decode(body)) as ProjectRoster;
  return running.length > faults.jobsPerProject ? `${key} has ${running.length} jobs` : undefined;
}

function unlisted(job: JobDocument, { history }: Evidence): string | undefined {
  const body = history.objects.get(KEYS.roster(job.projectId))?.body;
  const { running } = JSON.parse(new TextDecoder().decode(body)) as ProjectRoster;
  const isListed = running.some(({ jobId, epoch }) => jobId === job.id && epoch >= job.epoch);
  return isListed ? undefined : `${job.id} trains and is not on the roster`;
}

/** From a write until everybody acts on it: a runner may have looked before, and paused since. */
function seenAfterMs({ faults }: Evidence): number {
  const { staleList = 0, staleListMaxMs = 0, lateCommit = 0, lateCommitMaxMs = 0, latencyMaxMs = 0 } = faults.store;
  const stale = staleList > 0 ? staleListMaxMs : 0;
  const late = lateCommit > 0 ? lateCommitMaxMs : 0;
  const pause = (faults.runner.pause ?? 0) > 0 ? 2 * (faults.runner.pauseMaxMs ?? 0) : 0;
  // A job is kept for as long as reading its model took some runner, which may have paused meanwhile.
  const kept = faults.modelLoadMs + pause + 8 * (late + latencyMaxMs);
  return kept + stale + pause + 8 * (late + latencyMaxMs) + 2_000;
}

/** Jobs that everybody sees waiting, and since when. */
function waiting(atMs: number, evidence: Evidence): { job: JobDocument; seenMs: number }[] {
  const { history } = evidence;
  return [...history.jobs.keys()].flatMap((id) => {
    const job = history.latest(id);
    const entry = job?.state === 'queued' ? history.objects.get(waitingKey(job)) : undefined;
    const seenMs =
      Math.max(entry?.atMs ?? atMs, lastPutOffMs(history.jobs.get(id) ?? [], atMs)) + seenAfterMs(evidence);
    return job && seenMs < atMs ? [{ job, seenMs }] : [];
  });
}

/** When the sweeper let a job's next attempt begin: now, at the earliest, where it has not yet. */
function lastPutOffMs(versions: readonly JobVersion[], nowMs: number): number {
  const at = versions.findLastIndex(({ job }) => (job.retryAtMs ?? null) !== null);
  return at < 0 ? 0 : (versions[at + 1]?.atMs ?? nowMs);
}

/** A job whose document cannot be read stands in nobody's way, so nothing is said where the store refuses reads. */
function overtaking(started: JobDocument, atMs: number, evidence: Evidence): string | undefined {
  if ((evidence.faults.store.unavailable ?? 0) > 0) return undefined;
  const ahead = waiting(atMs, evidence).find(({ job }) => job.goesAhead);
  return ahead && `${started.id} began although ${ahead.job.id} had lost its runner and waits`;
}

function starving(started: JobDocument, atMs: number, evidence: Evidence): string | undefined {
  const { jobs } = evidence.history;
  for (const { job, seenMs } of waiting(atMs, evidence)) {
    const { projectId } = job;
    const isHolding = versionsOf(projectId, jobs).some(
      (version) => version.atMs > seenMs && version.job.lease !== null,
    );
    if (projectId === started.projectId || isHolding) continue;
    const starts = startsSince(seenMs, started.projectId, jobs);
    if (starts > RUNNERS_MAX + 1) return `${job.id} waits while ${starts} jobs of ${started.projectId} began`;
  }
  return undefined;
}

type Jobs = ReadonlyMap<string, readonly JobVersion[]>;

const versionsOf = (projectId: string, jobs: Jobs): JobVersion[] =>
  [...jobs.values()].filter(([first]) => first?.job.projectId === projectId).flat();

/** Leases taken of jobs that had not begun. */
function startsSince(sinceMs: number, projectId: string, jobs: Jobs): number {
  const starts = [...jobs.values()].flatMap((versions) =>
    versions.filter(
      ({ atMs, job }, i) =>
        atMs > sinceMs && job.projectId === projectId && job.epoch !== versions[i - 1]?.job.epoch && !job.goesAhead,
    ),
  );
  return starts.length;
}
