/** What a job waits for, in words. */
import type { CapacityHold, JobDocument } from '@preheat/contracts';
import { utcText } from '@preheat/jobs';
import type { Foresight, QueueView } from '@preheat/scheduler';

export function waitingReason(
  view: QueueView,
  hold: CapacityHold | null,
  job: JobDocument,
  { position }: Foresight,
): string {
  const { retryAtMs = null, attempts, maxAttempts } = job;
  // Who is ahead of it by then, and which runners are free, is known then.
  if (retryAtMs !== null) {
    const lost = attempts > 0 ? `attempt ${attempts} of ${maxAttempts} failed` : 'all attempts failed';
    const next = attempts > 0 ? 'the next one waits' : 'ending with its best checkpoint waits';
    return `${lost}; ${next} until ${utcText(retryAtMs)}`;
  }
  const project = view.projects.find(({ jobs }) => jobs.some(({ id }) => id === job.id));
  const ahead = position - 1;
  const parts = [
    ...(project && project.running >= project.limit
      ? [`the project is at its limit of ${count(project.limit, 'running job')}`]
      : []),
    ...(ahead > 0 ? [`${count(ahead, 'job')} ahead`] : []),
    ...(hold ? [holdText(hold)] : runnersText(view, ahead)),
  ];
  return parts.join('; ') || 'a free runner is about to take it';
}

/** What is said of it is somebody's own words. */
function holdText({ untilMs, reason }: CapacityHold): string {
  return `no job is started${untilMs === null ? '' : ` before ${utcText(untilMs)}`}: ${reason}`;
}

/** About runners, when none is free for it. */
function runnersText({ nowMs, runners, startable }: QueueView, ahead: number): string[] {
  const free = runners.filter(({ freeAtMs, projectId }) => projectId === null && freeAtMs.earliest <= nowMs).length;
  if (free > ahead) return [];
  if (startable > 0) return ['waiting for a runner to boot'];
  if (runners.length === 0) return ['no runner is there yet'];
  return [runners.length === 1 ? 'the runner is busy' : `all ${runners.length} runners are busy`];
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
