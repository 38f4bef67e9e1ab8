/** What becomes of a job whose runner is gone, and what the next one finds. */
import type { JobDocument, NewEvent, Progress } from '@preheat/contracts';
import { afterLostAttempt } from './after-lost-attempt.js';
import { hasExpired } from './lease.js';
import { retryDelayMs } from './retry-delay.js';
import { keptEvent } from './runner-events.js';
import { utcText } from './utc-text.js';

/** Progress as of the place to resume from: what came after it will be done again. */
export function progressOnTakeover({ progress, resume }: JobDocument): Progress | null {
  if (progress === null || resume === null) return null;
  const { phaseIndex, phaseStep, step } = resume;
  const phaseSteps = progress.phaseIndex === phaseIndex ? progress.phaseSteps : null;
  return { ...progress, phaseIndex, phaseStep, step, phaseSteps, tokensPerSecond: null, etaSeconds: null };
}

/** The document as it stands once an expired lease is counted; undefined while somebody alive holds it. */
export function afterExpiry(job: JobDocument, nowMs: number): JobDocument | undefined {
  if (job.lease === null) return job;
  if (!hasExpired(job, nowMs)) return undefined;
  const attempts = job.attempts + 1;
  const error = {
    code: 'runner_lost',
    message: `The runner died ${attempts} times without reaching a checkpoint in between; the job was stopped.`,
    param: null,
  } as const;
  return { ...job, ...afterLostAttempt(job, { error, waitMs: waitAfterDeaths(attempts) }, nowMs) };
}

/** One loss is the machine's, as a rule, and made good at once; more in a row may be the job's own doing. */
const waitAfterDeaths = (attempts: number): number | null => (attempts > 1 ? retryDelayMs(attempts - 1) : null);

const retryAt = (ms: number | null): { retry_at?: number } => (ms === null ? {} : { retry_at: Math.ceil(ms / 1000) });

/** Told by whoever counts the expiry: the sweeper, or a runner that takes the job before it. */
export function lostRunner(next: JobDocument): NewEvent {
  if (next.error !== null && next.state === 'failed') {
    return { level: 'error', type: 'message', message: next.error.message, data: { kind: 'failed' } };
  }
  const kept = keptEvent(next);
  if (kept) return kept;
  const from = next.resume ? `checkpoint at step ${next.resume.step}` : 'the beginning';
  const at = next.retryAtMs ?? null;
  const when = at === null ? '' : `, not before ${utcText(at)}`;
  const text = `The runner was lost (attempt ${next.attempts} of ${next.maxAttempts}); the job resumes from ${from}${when}`;
  return { level: 'warn', type: 'message', message: text, data: { kind: 'preempted', ...retryAt(at) } };
}
