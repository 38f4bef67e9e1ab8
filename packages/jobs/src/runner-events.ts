/** What the log says when a runner leaves a job. */
import type { JobDocument, JobError, NewEvent } from '@preheat/contracts';
import { utcText } from './utc-text.js';

export function failedEvent({ message }: JobError): NewEvent {
  return { level: 'error', type: 'message', message: `Training failed: ${message}`, data: { kind: 'failed' } };
}

/** @param job As it is after the failure. */
export function attemptFailedEvent({ message }: JobError, job: JobDocument): NewEvent {
  const { attempts, maxAttempts, retryAtMs = null } = job;
  const next =
    retryAtMs === null
      ? 'the next one begins when the job is resumed'
      : `the next one waits until ${utcText(retryAtMs)}`;
  const text = `Attempt ${attempts} of ${maxAttempts} failed; ${next}: ${message}`;
  const retryAt = retryAtMs === null ? null : Math.ceil(retryAtMs / 1000);
  return { level: 'warn', type: 'message', message: text, data: { kind: 'attempt_failed', retry_at: retryAt } };
}

/** @param reason Why the runner goes, such as the signal it got. */
export function releasedEvent(job: JobDocument, reason: string): NewEvent {
  const step = job.resume?.step ?? 0;
  const from = job.resume === null ? 'the beginning' : `the checkpoint at step ${step}`;
  if (job.state === 'pausing') {
    const message = `Job paused; a resume continues from ${from}`;
    return { level: 'info', type: 'message', message, data: { kind: 'paused', step } };
  }
  const message = `The runner leaves (${reason}); the job goes ahead of new jobs and continues from ${from}`;
  return { level: 'warn', type: 'message', message, data: { kind: 'preempted', reason, step } };
}
