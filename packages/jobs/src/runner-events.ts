/** What the log says when a runner leaves a job. */
import { isLoss, type JobDocument, type JobError, type NewEvent } from '@preheat/contracts';
import { utcText } from './utc-text.js';

export function failedEvent({ message }: JobError): NewEvent {
  return { level: 'error', type: 'message', message: `Training failed: ${message}`, data: { kind: 'failed' } };
}

/** Of a job whose attempts are used up and which is to end with what it has; undefined for others. @param job After the loss. */
export function keptEvent({ attempts, endedEarly = null, state }: JobDocument): NewEvent | undefined {
  if (attempts > 0 || state !== 'queued' || endedEarly === null || !isLoss(endedEarly)) return undefined;
  const { reason, used, step } = endedEarly;
  const message = `All ${used} attempts since the checkpoint at step ${step} were lost (${reason}); the job ends with its best checkpoint`;
  return { level: 'warn', type: 'message', message, data: { kind: 'attempts_used_up', reason, step } };
}

/** @param before The job as it was when the attempt failed. */
export function attemptFailedEvents(error: JobError, before: JobDocument, job: JobDocument): NewEvent[] {
  if (job.state === 'failed') return [failedEvent(error)];
  const kept = keptEvent(job);
  const { maxAttempts, retryAtMs = null } = job;
  const later =
    retryAtMs === null
      ? 'the next one begins when the job is resumed'
      : `the next one waits until ${utcText(retryAtMs)}`;
  const next = kept ? 'it was the last' : later;
  const message = `Attempt ${before.attempts + 1} of ${maxAttempts} failed; ${next}: ${error.message}`;
  const retryAt = retryAtMs === null ? null : Math.ceil(retryAtMs / 1000);
  const data = { kind: 'attempt_failed', retry_at: retryAt };
  return [{ level: 'warn', type: 'message', message, data }, ...(kept ? [kept] : [])];
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
