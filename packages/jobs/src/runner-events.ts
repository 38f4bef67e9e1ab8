/** What the log says when a runner leaves a job. */
import type { JobDocument, JobError, NewEvent } from '@preheat/contracts';

export function failedEvent({ message }: JobError): NewEvent {
  return { level: 'error', type: 'message', message: `Training failed: ${message}`, data: { kind: 'failed' } };
}

export function attemptFailedEvent({ message }: JobError, attempt: number, maxAttempts: number): NewEvent {
  const text = `Attempt ${attempt} of ${maxAttempts} failed and will be repeated: ${message}`;
  return { level: 'warn', type: 'message', message: text, data: { kind: 'attempt_failed' } };
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
