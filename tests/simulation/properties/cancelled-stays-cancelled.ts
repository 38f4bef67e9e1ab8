/** Once a user was told that a job is cancelled, it is, for ever. */
import type { Property } from '../property.js';

export const cancelledStaysCancelled: Property = {
  name: 'cancelled stays cancelled',

  committed({ versions }, { attempts }) {
    const job = versions?.at(-1)?.job;
    if (!job || job.state === 'cancelled') return undefined;
    const told = attempts.find(({ wish, answer }) => wish === `cancel ${job.id}` && answer?.status === 200);
    return told && `${job.id} was acknowledged as cancelled and became ${job.state}`;
  },

  ended({ history, attempts }) {
    return attempts.flatMap(({ wish, answer }) => {
      const jobId = /^cancel (.+)$/.exec(wish)?.[1];
      if (jobId === undefined || answer?.status !== 200) return [];
      const state = history.latest(jobId)?.state;
      return state === 'cancelled' ? [] : [`${jobId} was acknowledged as cancelled and is ${state}`];
    });
  },
};
