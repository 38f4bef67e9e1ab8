/**
 * Finds jobs and evaluation runs that nobody works on and rings for them: closes every hole a lost message leaves. Those
 * that ended are announced before they are forgotten. Then deletes what nothing refers to any more. Beside all that, adapts
 * the number of runners to the backlog.
 */
import type { JobDocument, StoredRun } from '@preheat/contracts';
import { collectJobs, RunnerRegistry, sweepJobs } from '@preheat/jobs';
import type { Parts } from './composition.js';
import { FileLibrary } from './files/file-library.js';
import { Aliases } from './publishing/aliases.js';
import { rememberPublication, sweepPublications } from './publishing/sweep-publications.js';
import { StoredCompletions } from './stored-completions/stored-completions.js';
import { sweepRuns } from './evaluation/sweep-runs.js';
import { collectFiles } from './files/collect-files.js';
import { collectImports } from './models/collect-imports.js';
import { sweepExpiries } from './models/sweep-expiries.js';
import { foldKeyStateShards } from './scheduling/fold-key-states.js';
import { scaleRunners } from './scheduling/scale-runners.js';
import { sweepUploads } from './uploads/sweep-uploads.js';
import { announceJob, announceRun } from './webhooks/announce-ended.js';

/** Alarms read it off the log. */
export const NOT_SCALED = 'the number of runners could not be adapted to the backlog';

export interface SweepOptions {
  /** Ring again for what was queued this long. */
  readonly ringAfterMs: number;
}

export type SweepParts = Pick<
  Parts,
  'store' | 'jobQueue' | 'jobs' | 'evals' | 'runs' | 'models' | 'webhooks' | 'clock' | 'ids' | 'log' | 'orphanGraceMs'
> &
  Partial<Pick<Parts, 'runnerFleet' | 'queueOptions'>>;

export async function sweep(parts: SweepParts, options: SweepOptions): Promise<void> {
  // Beside the rest, and whatever becomes of that: what there is to sweep grows with the queue, and a deep one needs its runners most.
  const scaling = scaleRunners(parts, parts.queueOptions).catch((error: unknown) => {
    parts.log.error(NOT_SCALED, { error });
  });
  try {
    await sweepAll(parts, options);
  } finally {
    await scaling;
  }
}

async function sweepAll(parts: SweepParts, options: SweepOptions): Promise<void> {
  const { webhooks } = parts;
  const deps = { ...parts, queue: parts.jobQueue };
  const jobEnded = async (job: JobDocument) => {
    await rememberPublication(parts.store, job);
    await announceJob(webhooks, job);
  };
  const runEnded = (run: StoredRun) => announceRun(webhooks, run);
  const jobs = await sweepJobs(parts.jobs, deps, { ...options, ended: jobEnded });
  const runs = await sweepRuns(parts.runs, parts, { ...options, ended: runEnded });
  const publications = await sweepPublications(publishing(parts));
  const expiries = await sweepExpiries(parts, parts);
  const orphans = await collectJobs(parts.jobs, deps, parts);
  const files = await collectFiles(parts, parts);
  const imports = await collectImports(parts, parts);
  const uploads = await sweepUploads(parts);
  const learned = await foldKeyStateShards(parts, parts);
  const runnersGone = await new RunnerRegistry(parts).sweep();
  const counts = [jobs.rung, jobs.expired, jobs.cleared, jobs.failed, runs.rung, runs.cleared, runs.failed, uploads];
  counts.push(publications.settled, publications.failed, expiries.expired, expiries.forgotten, expiries.failed);
  counts.push(imports.deleted, imports.failed, learned.folded, learned.failed, runnersGone);
  const isQuiet = [...counts, orphans.deleted, orphans.failed, files.deleted, files.failed].every(
    (count) => count === 0,
  );
  parts.log[isQuiet ? 'debug' : 'info']('swept', {
    jobs,
    runs,
    publications,
    expiries,
    orphans,
    files,
    imports,
    uploads,
    learned,
    runnersGone,
  });
}

function publishing(parts: SweepParts): Parameters<typeof sweepPublications>[0] {
  const files = new FileLibrary(parts);
  return { ...parts, files, completions: new StoredCompletions(parts), aliases: new Aliases(parts) };
}
