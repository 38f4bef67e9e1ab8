/** The log of a job tells each step once and in order, whoever took it and however often; sequence numbers have no gap. */
import { isLoss } from '@preheat/contracts';
import type { Property } from '../property.js';

export const metricsAreComplete: Property = {
  name: 'metrics have no gap and no duplicate',

  ended({ history, plan, events }) {
    return [...history.jobs.keys()].flatMap((jobId) => {
      const job = history.latest(jobId);
      const log = events.get(jobId) ?? [];
      const wrong: string[] = [];
      if (log.some(({ sequence }, i) => sequence !== i) || log.length !== job?.nextSequence) {
        wrong.push(`${jobId} has sequence numbers ${log.map(({ sequence }) => sequence).join(' ')}`);
      }
      const steps = log.filter(({ type }) => type === 'metrics').map(({ data }) => data?.['pipeline_step']);
      const planned = plan.find(({ seed }) => seed === job?.seed)?.phases ?? [];
      const total = job?.endedEarly?.step ?? planned.reduce((sum, phase) => sum + phase.steps, 0);
      // Steps that were lost behind the last checkpoint were told of all the same.
      const isLost = job?.endedEarly ? isLoss(job.endedEarly) : false;
      const isWhole = job?.state !== 'succeeded' || steps.length === total || (isLost && steps.length > total);
      if (steps.some((step, i) => step !== i + 1) || !isWhole) {
        wrong.push(`${jobId} (${job?.state}, ${total} steps) logged the steps ${steps.join(' ')}`);
      }
      return wrong;
    });
  },
};
