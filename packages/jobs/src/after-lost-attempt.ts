/**
 * What the loss of an attempt makes of a job, whoever counts it. As long as attempts remain, another one goes on. Once they are
 * used up, a job that reached a checkpoint is worth that checkpoint: it is queued once more, only to end as succeeded with the best
 * it has, and fails if that is lost as often. One without a checkpoint, or with nothing left but its end, fails.
 */
import { type EndedEarly, InvariantError, type JobDocument, type JobError, type LossReason } from '@preheat/contracts';
import { aheadSince } from './ahead-since.js';
import { transition } from './transitions.js';

export interface LostAttempt {
  readonly error: JobError & { readonly code: LossReason };
  /** How long the next attempt waits; null: it does not. */
  readonly waitMs: number | null;
}

type AfterLoss = Pick<JobDocument, 'state' | 'lease' | 'attempts'> & Partial<JobDocument>;

export function afterLostAttempt(job: JobDocument, { error, waitMs }: LostAttempt, nowMs: number): AfterLoss {
  const attempts = job.attempts + 1;
  const state = transition(job.state, attempts >= job.maxAttempts ? 'exhaust' : 'expire');
  if (state === null) throw new InvariantError(`an attempt was lost on a job that is ${job.state}`);
  const retryAtMs = waitMs === null ? null : nowMs + waitMs;
  const lost = { state, lease: null, attempts };
  // Who pauses and resumes a job has it tried once more.
  const tried = Math.min(attempts, job.maxAttempts - 1);
  if (state === 'paused') return { ...lost, attempts: tried, ...aheadSince(nowMs), retryAtMs: null };
  if (state !== 'failed') return { ...lost, ...aheadSince(nowMs), retryAtMs };
  const endedEarly = endWithWhatItHas(job, error.code, attempts);
  const saved = endedEarly && transition(job.state, 'expire');
  if (!saved) return { ...lost, error, finishedAtMs: nowMs };
  return { state: saved, lease: null, attempts: 0, ...aheadSince(nowMs), retryAtMs, endedEarly };
}

/** Null where there is nothing to end with, or ending is what was tried. */
function endWithWhatItHas(job: JobDocument, reason: LossReason, attempts: number): EndedEarly | null {
  const { resume, endedEarly = null, phases } = job;
  const isTrained = resume?.endsPhase === true && resume.phaseIndex === phases.length - 1;
  if (resume === null || endedEarly !== null || isTrained) return null;
  return { reason, limit: job.maxAttempts, used: attempts, step: resume.step };
}
