/**
 * Finds jobs and evaluation runs that nobody works on and rings for them: closes every hole a lost message leaves. Then
 * deletes what nothing refers to any more.
 */
import { collectJobs, sweepJobs } from '@preheat/jobs';
import type { Parts } from './composition.js';
import { sweepRuns } from './evaluation/sweep-runs.js';
import { collectFiles } from './files/collect-files.js';

export interface SweepOptions {
  /** Ring again for what was queued this long. */
  readonly ringAfterMs: number;
}

export type SweepParts = Pick<
  Parts,
  'store' | 'jobQueue' | 'jobs' | 'runs' | 'clock' | 'ids' | 'log' | 'orphanGraceMs'
>;

export async function sweep(parts: SweepParts, options: SweepOptions): Promise<void> {
  const deps = { ...parts, queue: parts.jobQueue };
  const jobs = await sweepJobs(parts.jobs, deps, options);
  const runs = await sweepRuns(parts.runs, parts, options);
  const orphans = await collectJobs(parts.jobs, deps, parts);
  const files = await collectFiles(parts, parts);
  const counts = [jobs.rung, jobs.expired, jobs.cleared, jobs.failed, runs.rung, runs.cleared, runs.failed];
  const isQuiet = [...counts, orphans.deleted, orphans.failed, files.deleted, files.failed].every(
    (count) => count === 0,
  );
  parts.log[isQuiet ? 'debug' : 'info']('swept', { jobs, runs, orphans, files });
}
