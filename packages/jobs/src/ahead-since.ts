/** The place in the queue of a job that had begun: it waits ahead of jobs that have not. */
import type { JobDocument } from '@preheat/contracts';

export const aheadSince = (nowMs: number): Pick<JobDocument, 'queuedAtMs' | 'goesAhead'> => ({
  queuedAtMs: nowMs,
  goesAhead: true,
});
