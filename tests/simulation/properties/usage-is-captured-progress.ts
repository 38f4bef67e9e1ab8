/**
 * Usage is the time of the steps that a checkpoint contains: no less, and where no machine stops in the middle of a step, no
 * more. So neither waiting, loading nor a step that was lost is ever counted.
 */
import type { Property } from '../property.js';
import { STEP_MAX_MS } from '../world/light-recipe.js';

/** A clock counts whole milliseconds, and a step reads it twice. */
const ROUNDING_MS = 2;

export const usageIsCapturedProgress: Property = {
  name: 'usage counts captured progress only',

  committed({ versions }, { faults }) {
    const resume = versions?.at(-1)?.job.resume;
    if (!resume) return undefined;
    const { trainMs = -1 } = resume.usage ?? {};
    const least = resume.step * (STEP_MAX_MS - ROUNDING_MS);
    const most = (faults.runner.pause ?? 0) > 0 ? Infinity : resume.step * (STEP_MAX_MS + ROUNDING_MS);
    if (trainMs >= least && trainMs <= most) return undefined;
    return `${versions?.at(-1)?.job.id} was charged ${trainMs} ms for ${resume.step} steps`;
  },
};
