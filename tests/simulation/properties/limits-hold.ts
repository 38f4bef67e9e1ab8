/**
 * A job never trains on more tokens than its budget allows, in any checkpoint of any runner; it ends as succeeded when it
 * would, having used the budget up, and says so. One whose attempts were used up ends with its last checkpoint, and says that.
 */
import { isLoss } from '@preheat/contracts';
import type { Property } from '../property.js';
import { TOKENS_PER_STEP } from '../world/work-plan.js';

export const limitsHold: Property = {
  name: 'limits hold, and end a job well',

  committed({ versions }) {
    const job = versions?.at(-1)?.job;
    const maxTokens = job?.limits?.maxTokens ?? Infinity;
    const used = job?.resume?.trainedTokens ?? 0;
    return used > maxTokens ? `${job?.id} trained on ${used} tokens, its budget is ${maxTokens}` : undefined;
  },

  ended({ history, plan }) {
    return [...history.jobs.keys()].flatMap((jobId) => {
      const job = history.latest(jobId);
      const planned = plan.find(({ seed }) => seed === job?.seed);
      const steps = planned?.phases.reduce((sum, phase) => sum + phase.steps, 0) ?? 0;
      if (job?.state !== 'succeeded') return [];
      const allowed = Math.min(steps, planned?.stepsAllowed ?? Infinity);
      const isEarly = allowed < steps;
      const { resume, endedEarly = null } = job;
      if (resume?.trainedTokens !== (resume?.step ?? 0) * TOKENS_PER_STEP) return [`${jobId} counted other tokens`];
      if (endedEarly && isLoss(endedEarly)) {
        const isTrue =
          resume?.step === endedEarly.step && endedEarly.step < allowed && endedEarly.used === job.maxAttempts;
        return isTrue ? [] : [`${jobId} ended at step ${resume?.step} of ${allowed}: ${JSON.stringify(endedEarly)}`];
      }
      if (resume?.step !== allowed) return [`${jobId} ended at step ${resume?.step} of ${allowed}`];
      const told = endedEarly?.reason ?? 'none';
      return told === (isEarly ? 'max_tokens' : 'none') ? [] : [`${jobId} names ${told} as its limit`];
    });
  },
};
