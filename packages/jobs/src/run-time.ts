/** How long a job has yet to run: what its runner sees, or else what its preflight said, less what is done already. */
import type { JobDocument, PreflightRange } from '@preheat/contracts';

/** Of what a runner extrapolates from its recent steps; an export follows the last one. */
const SPREAD_OF_ETA = { low: 0.8, high: 1.3 };

/** Seconds from now. Null where nothing is known, such as for jobs that no preflight estimated. */
export function runTimeLeft(job: JobDocument, runnerClass?: string): PreflightRange | null {
  const eta = job.lease && job.progress?.phaseIndex === job.phases.length - 1 ? job.progress.etaSeconds : null;
  if (eta !== null) return { low: eta * SPREAD_OF_ETA.low, high: eta * SPREAD_OF_ETA.high };
  const whole = estimatedRunTime(job, runnerClass);
  const doneSeconds = (job.resume?.usage?.trainMs ?? 0) / 1000;
  return whole && { low: Math.max(0, whole.low - doneSeconds), high: Math.max(0, whole.high - doneSeconds) };
}

/** On the class, or where it is not known on any that the job fits on. */
function estimatedRunTime({ preflight }: JobDocument, runnerClass?: string): PreflightRange | null {
  const fitting = (preflight?.classes ?? []).flatMap(({ runner_class, train_seconds }) =>
    train_seconds ? [{ runner_class, ...train_seconds }] : [],
  );
  const known = fitting.filter(({ runner_class }) => runner_class === runnerClass);
  const from = known.length > 0 ? known : fitting;
  if (from.length === 0) return null;
  return { low: Math.min(...from.map(({ low }) => low)), high: Math.max(...from.map(({ high }) => high)) };
}
