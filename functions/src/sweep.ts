/** Finds jobs and evaluation runs that nobody works on and rings for them: closes every hole a lost message leaves. */
import { sweepJobs } from '@preheat/jobs';
import type { Parts } from './composition.js';
import { sweepRuns } from './evaluation/sweep-runs.js';

export interface SweepOptions {
  /** Ring again for what was queued this long. */
  readonly ringAfterMs: number;
}

export type SweepParts = Pick<Parts, 'store' | 'jobQueue' | 'jobs' | 'runs' | 'clock' | 'ids' | 'log'>;

export async function sweep(parts: SweepParts, options: SweepOptions): Promise<void> {
  const jobs = await sweepJobs(parts.jobs, { ...parts, queue: parts.jobQueue }, options);
  const runs = await sweepRuns(parts.runs, parts, options);
  const isQuiet = jobs.rung + jobs.expired + jobs.cleared + jobs.failed + runs.rung + runs.cleared + runs.failed === 0;
  parts.log[isQuiet ? 'debug' : 'info']('swept', { jobs, runs });
}
