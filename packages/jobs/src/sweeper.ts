/**
 * Repairs what messages and machines lose: rings again for jobs that waited too long, takes the lease from runners that
 * died, ends what was due before it began, and clears ended jobs from the indices. Safe to run anywhere, any number of times at once. A job that
 * cannot be swept never keeps the others from it.
 */
import {
  type CapacityHold,
  type JobDocument,
  type JobError,
  KEYS,
  type NewEvent,
  TERMINAL_STATES,
} from '@preheat/contracts';
import { CapacityHolds } from './capacity-holds.js';
import { buryJob, isDead } from './dead-letters.js';
import { appendEvents } from './event-log.js';
import type { JobStore, JobStoreDependencies } from './job-store.js';
import { ProjectRosters } from './project-rosters.js';
import { failedEvent } from './runner-events.js';
import { inLanes, SweepTurn } from './sweep-turns.js';
import { afterExpiry, lostRunner } from './takeover.js';
import { transition } from './transitions.js';
import { dropStaleEntries, waitingKey } from './waiting-jobs.js';

export interface SweepResult {
  readonly seen: number;
  readonly rung: number;
  readonly expired: number;
  readonly cleared: number;
  /** Jobs that could not be read or written; the log says why. */
  readonly failed: number;
}

export interface SweepOptions {
  /** Ring again for a job queued this long since the last ring; doubles with every lost attempt. Not while capacity is held. */
  readonly ringAfterMs: number;
  /** Told of a job that ended, before the sweeper forgets it; a failure, or a crash, brings the job back. */
  readonly ended?: (job: JobDocument) => Promise<void>;
  /** What of the active jobs is looked at; all of them unless said. */
  readonly turn?: SweepTurn;
  /** The same of the index of waiting jobs; begins after that of the jobs. */
  readonly waitingTurn?: () => SweepTurn;
}

interface SweepRules extends SweepOptions {
  /** Whether capacity is: nobody would answer a ring then, and who may take jobs again looks before it waits. */
  readonly isHeld: () => Promise<boolean>;
}

/** Longest wait between two rings for one job. */
const MAX_RING_AFTER_MS = 15 * 60_000;
/** A queue of thousands is swept within a minute. Fewer than swaps that a document tries: they may all change one roster. */
const JOBS_AT_ONCE = 8;

type Outcome = 'rung' | 'expired' | 'cleared' | 'failed' | 'left';

export async function sweepJobs(
  jobs: JobStore,
  deps: JobStoreDependencies,
  options: SweepOptions,
): Promise<SweepResult> {
  const result = { seen: 0, rung: 0, expired: 0, cleared: 0, failed: 0 };
  const waiting = new Set<string>();
  const { turn = new SweepTurn(deps), waitingTurn = () => new SweepTurn(deps) } = options;
  let hold: Promise<CapacityHold | null> | undefined;
  // Read once, and only where somebody would be rung for: most sweeps find nothing to do.
  const isHeld = async () => (await (hold ??= new CapacityHolds(deps).current())) !== null;
  const rules = { ...options, isHeld };
  await inLanes(turn.entries(KEYS.activeJobs), JOBS_AT_ONCE, async ({ key }) => {
    result.seen++;
    const jobId = key.slice(KEYS.activeJobs.length);
    try {
      const outcome = await sweepOne(jobs, deps, jobId, rules, waiting);
      if (outcome !== 'left') result[outcome]++;
    } catch (error) {
      deps.log.error('a job could not be swept', { jobId, error });
      result.failed++;
    }
  });
  await dropStaleEntries(jobs, deps.store, { known: waiting, turn: waitingTurn() }).catch((error: unknown) => {
    deps.log.error('the index of waiting jobs could not be swept', { error });
  });
  return result;
}

/** @param waiting Takes the place of each job that waits. */
async function sweepOne(
  jobs: JobStore,
  deps: JobStoreDependencies,
  jobId: string,
  rules: SweepRules,
  waiting: Set<string>,
): Promise<Outcome> {
  const stored = await jobs.read(jobId);
  if (!stored || TERMINAL_STATES.has(stored.document.state)) {
    if (stored) await settle(jobs, deps, stored.document, rules);
    await deps.store.delete(KEYS.activeJob(jobId));
    return 'cleared';
  }
  let outcome = 'left' as Outcome;
  let freed: JobDocument | undefined;
  const due = mend(stored.document, deps.clock.nowMs(), rules);
  const isRungAgain = due?.outcome === 'rung' && (stored.document.retryAtMs ?? null) === null;
  if (!due || (isRungAgain && (await rules.isHeld()))) {
    if (stored.document.state === 'queued') waiting.add(waitingKey(stored.document));
    return 'left';
  }
  const swept = await jobs.documents.update(KEYS.job(jobId), async (job, writeId) => {
    outcome = 'left';
    const nowMs = deps.clock.nowMs();
    const mended = mend(job, nowMs, rules);
    if (!mended) return undefined;
    outcome = mended.outcome;
    freed = mended.job;
    return { ...mended.job, ...(await appendEvents(deps.store, job, mended.events, nowMs, writeId)) };
  });
  // Nobody holds it under this epoch or an earlier one. What was read back of a slow write may be of a later one, which somebody holds.
  if (outcome !== 'left' && freed) await rosters(jobs, deps).leave({ job: freed, lease: freed });
  if (swept?.document.state === 'queued') {
    waiting.add(waitingKey(swept.document));
    if (outcome !== 'left' && (swept.document.retryAtMs ?? null) === null) await jobs.ring(swept.document);
  }
  return outcome;
}

/** Before the sweeper forgets a job that ended: operators find it, users are told, and nobody waits for it. */
async function settle(
  jobs: JobStore,
  deps: JobStoreDependencies,
  job: JobDocument,
  options: SweepOptions,
): Promise<void> {
  if (isDead(job)) await buryJob(deps, job);
  await options.ended?.(job);
  await rosters(jobs, deps).leave({ job, lease: job });
  await deps.store.delete(waitingKey(job));
}

const rosters = (jobs: JobStore, deps: JobStoreDependencies) => new ProjectRosters({ ...deps, jobs });

/** What has to be done about a job that has not ended, if anything. */
function mend(
  job: JobDocument,
  nowMs: number,
  options: SweepOptions,
): { outcome: Outcome; job: JobDocument; events: NewEvent[] } | undefined {
  if (job.lease !== null) {
    const next = afterExpiry(job, nowMs);
    return next && { outcome: 'expired', job: { ...next, rungAtMs: nowMs }, events: [lostRunner(next)] };
  }
  const late = afterDeadline(job, nowMs);
  if (late) return { outcome: 'expired', job: late, events: [failedEvent(late.error ?? MISSED)] };
  if (job.state !== 'queued' || nowMs < ringsAtMs(job, options)) return undefined;
  return { outcome: 'rung', job: { ...job, rungAtMs: nowMs, retryAtMs: null }, events: [] };
}

const MISSED: JobError = {
  code: 'deadline_exceeded',
  message: 'The deadline passed before the job reached a checkpoint.',
  param: 'scheduling.deadline',
};

/** A job that waits beyond its deadline and has nothing to end with. */
function afterDeadline(job: JobDocument, nowMs: number): JobDocument | undefined {
  const deadlineMs = job.limits?.deadlineMs ?? null;
  const state = job.state === 'queued' ? transition(job.state, 'exhaust') : null;
  if (state === null || deadlineMs === null || nowMs < deadlineMs || job.resume !== null) return undefined;
  return { ...job, state, error: MISSED, finishedAtMs: nowMs };
}

/** For the next attempt after a failed one; else again, as the message may be lost. */
function ringsAtMs({ rungAtMs, attempts, retryAtMs = null }: JobDocument, options: SweepOptions): number {
  return retryAtMs ?? rungAtMs + Math.min(options.ringAfterMs * 2 ** attempts, MAX_RING_AFTER_MS);
}
