/**
 * Repairs what messages and machines lose: rings again for jobs that waited too long, takes the lease from runners that
 * died, and clears ended jobs from the index of active ones. Safe to run anywhere, any number of times at once. A job that
 * cannot be swept never keeps the others from it.
 */
import { type JobDocument, KEYS, type NewEvent, TERMINAL_STATES } from '@preheat/contracts';
import { listAll } from '@preheat/ports';
import { buryJob, isDead } from './dead-letters.js';
import { appendEvents } from './event-log.js';
import type { JobStore, JobStoreDependencies } from './job-store.js';
import { afterExpiry } from './leased-job.js';

export interface SweepResult {
  readonly seen: number;
  readonly rung: number;
  readonly expired: number;
  readonly cleared: number;
  /** Jobs that could not be read or written; the log says why. */
  readonly failed: number;
}

export interface SweepOptions {
  /** Ring again for a job queued this long since the last ring; doubles with every lost attempt. */
  readonly ringAfterMs: number;
  /** Told of a job that ended, before the sweeper forgets it; a failure, or a crash, brings the job back. */
  readonly ended?: (job: JobDocument) => Promise<void>;
}

/** Longest wait between two rings for one job. */
const MAX_RING_AFTER_MS = 15 * 60_000;

export async function sweepJobs(
  jobs: JobStore,
  deps: JobStoreDependencies,
  options: SweepOptions,
): Promise<SweepResult> {
  const result = { seen: 0, rung: 0, expired: 0, cleared: 0, failed: 0 };
  for await (const entry of listAll(deps.store, KEYS.activeJobs)) {
    result.seen++;
    const jobId = entry.key.slice(KEYS.activeJobs.length);
    const outcome = await sweepOne(jobs, deps, jobId, options).catch((error: unknown) => {
      deps.log.error('a job could not be swept', { jobId, error });
      return 'failed' as const;
    });
    if (outcome !== 'left') result[outcome]++;
  }
  return result;
}

async function sweepOne(
  jobs: JobStore,
  deps: JobStoreDependencies,
  jobId: string,
  options: SweepOptions,
): Promise<'rung' | 'expired' | 'cleared' | 'left'> {
  const stored = await jobs.read(jobId);
  if (!stored || TERMINAL_STATES.has(stored.document.state)) {
    // Findable for operators before the sweeper forgets it.
    if (stored && isDead(stored.document)) await buryJob(deps, stored.document);
    if (stored) await options.ended?.(stored.document);
    await deps.store.delete(KEYS.activeJob(jobId));
    return 'cleared';
  }
  let outcome: 'rung' | 'expired' | 'left' = 'left';
  const swept = await jobs.documents.update(KEYS.job(jobId), async (job, writeId) => {
    outcome = 'left';
    const nowMs = deps.clock.nowMs();
    if (job.lease !== null) {
      const next = afterExpiry(job, nowMs);
      if (!next) return undefined;
      outcome = 'expired';
      const logged = await appendEvents(deps.store, job, [lostRunner(next)], nowMs, writeId);
      return { ...next, ...logged, rungAtMs: nowMs };
    }
    if (job.state !== 'queued' || nowMs - job.rungAtMs < ringAfterMs(job, options)) return undefined;
    outcome = 'rung';
    return { ...job, rungAtMs: nowMs };
  });
  if (outcome !== 'left' && swept?.document.state === 'queued') await jobs.ring(jobId);
  return outcome;
}

function ringAfterMs(job: JobDocument, options: SweepOptions): number {
  return Math.min(options.ringAfterMs * 2 ** job.attempts, MAX_RING_AFTER_MS);
}

function lostRunner(next: JobDocument): NewEvent {
  if (next.error !== null && next.state === 'failed') {
    return { level: 'error', type: 'message', message: next.error.message, data: { kind: 'failed' } };
  }
  const from = next.resume ? `checkpoint at step ${next.resume.step}` : 'the beginning';
  const text = `The runner was lost (attempt ${next.attempts} of ${next.maxAttempts}); the job resumes from ${from}`;
  return { level: 'warn', type: 'message', message: text, data: { kind: 'preempted' } };
}
