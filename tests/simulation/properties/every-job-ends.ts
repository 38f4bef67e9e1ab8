/** After faults stop, every job ends, and what died too often before ends well once it is redriven; poison ends as failed, or with what it had before. */
import { TERMINAL_STATES } from '@preheat/contracts';
import type { Property } from '../property.js';

const EXCUSES: ReadonlySet<string | undefined> = new Set(['runner_lost', 'attempt_failed']);

export const everyJobEnds: Property = {
  name: 'after faults stop every job ends',

  ended({ history, plan, areClocksUseless }) {
    return [...history.jobs.keys()].flatMap((jobId) => {
      const job = history.latest(jobId);
      if (!job || !TERMINAL_STATES.has(job.state)) return [`${jobId} is still ${job?.state}`];
      if (job.finishedAtMs === null) return [`${jobId} ended without a time`];
      if (job.lease !== null) return [`${jobId} ended and is still leased`];
      if (job.state === 'failed' && !EXCUSES.has(job.error?.code)) return [`${jobId} failed: ${job.error?.message}`];
      const isPoison = plan.some(({ seed, poisonStep }) => seed === job.seed && poisonStep > 0);
      if (!isPoison && !areClocksUseless && job.state === 'failed')
        return [`${jobId} failed although an operator queued it again`];
      // A limit may end a job well before the step that kills, and so may the deaths, with the checkpoint before it.
      return isPoison && job.state === 'succeeded' && !job.endedEarly
        ? [`${jobId} always kills its runner, and succeeded`]
        : [];
    });
  },
};
