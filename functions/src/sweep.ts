/**
 * Finds jobs and evaluation runs that nobody works on and rings for them: closes every hole a lost message leaves. Those
 * that ended are announced before they are forgotten. Then deletes what nothing refers to any more. Beside all that, adapts
 * the number of runners to the backlog. Where its time is limited, every stage has its turn in every sweep (`SweepTurns`).
 */
import type { JobDocument, StoredRun } from '@preheat/contracts';
import { ActiveRuns, collectJobs, RunnerRegistry, sweepJobs, SweepTurns } from '@preheat/jobs';
import type { Parts } from './composition.js';
import { FileLibrary } from './files/file-library.js';
import { Aliases } from './publishing/aliases.js';
import { rememberPublication, sweepPublications } from './publishing/sweep-publications.js';
import { StoredCompletions } from './stored-completions/stored-completions.js';
import { sweepDoomedEvals } from './evaluation/forget-eval.js';
import { sweepRuns } from './evaluation/sweep-runs.js';
import { collectFiles } from './files/collect-files.js';
import { sweepFileExpiries } from './files/sweep-file-expiries.js';
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
  /** Nothing is begun from then on: the next sweep goes on there. Everything is looked at unless said. */
  readonly untilMs?: number;
}

/** Stages in their order, and what each gets of the time. Jobs and runs are many and wait for it. */
const SHARES = {
  jobs: 6,
  waiting: 2,
  runs: 4,
  publications: 2,
  expiries: 1,
  collections: 2,
  fileExpiries: 1,
  files: 1,
  imports: 1,
  evals: 1,
  uploads: 1,
  learned: 1,
  runners: 1,
};

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
  const turns = await SweepTurns.begin(parts, SHARES, options.untilMs);
  const swept: Record<string, Outcome> = {};
  const failures: unknown[] = [];
  const take = async ({ name, run }: Stage): Promise<boolean> => {
    try {
      swept[name] = sumOf(swept[name], await run());
      await turns.keep();
      return true;
    } catch (error) {
      // A stage that cannot go on keeps no other from its turn.
      parts.log.error('a stage of the sweep failed', { stage: name, error });
      failures.push(error);
      return false;
    }
  };
  // Each round ends with the time, or with a stage less.
  for (let due = stagesOf(parts, options, turns); due.length > 0; ) {
    const whole: Stage[] = [];
    for (const stage of due) if (await take(stage)) whole.push(stage);
    const again = new Set(turns.again(whole.flatMap((stage) => stage.turns)));
    due = whole.filter((stage) => stage.turns.some((turn) => again.has(turn)));
  }
  const unfinished = await turns.keep();
  const level = isQuiet(swept) && unfinished.length === 0 ? 'debug' : 'info';
  parts.log[level]('swept', { ...swept, unfinished });
  if (failures.length > 0) throw failures[0];
}

type Outcome = object | number;

interface Stage {
  readonly name: string;
  /** Those it takes again where they stopped and time is left. */
  readonly turns: readonly (keyof typeof SHARES)[];
  readonly run: () => Promise<Outcome>;
}

/** Counts of all turns of a stage. */
function sumOf(before: Outcome | undefined, more: Outcome): Outcome {
  if (before === undefined) return more;
  if (typeof before === 'number' || typeof more === 'number') return Number(before) + Number(more);
  const counts: Record<string, number> = { ...before };
  for (const [name, count] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + Number(count);
  return counts;
}

function stagesOf(parts: SweepParts, options: SweepOptions, turns: SweepTurns): Stage[] {
  const { webhooks, orphanGraceMs } = parts;
  const { ringAfterMs } = options;
  const deps = { ...parts, queue: parts.jobQueue };
  const jobEnded = async (job: JobDocument) => {
    await rememberPublication(parts.store, job);
    await announceJob(webhooks, job);
  };
  const runEnded = (run: StoredRun) => announceRun(webhooks, run);
  const waitingTurn = () => turns.take('waiting');
  // Read once, by the first stage that asks.
  const [readAfterMs, runs] = [parts.clock.nowMs(), new ActiveRuns(parts.store)];
  const collecting = (stage: keyof typeof SHARES) => ({ orphanGraceMs, turn: turns.take(stage), runs });
  const expiring = () => ({ turn: turns.take('fileExpiries'), runs: { active: runs, readAfterMs } });
  const jobSweep = () => ({ ringAfterMs, ended: jobEnded, turn: turns.take('jobs'), waitingTurn });
  const runSweep = () => ({ ringAfterMs, ended: runEnded, turn: turns.take('runs') });
  const files = new FileLibrary(parts);
  return [
    { name: 'jobs', turns: ['jobs', 'waiting'], run: () => sweepJobs(parts.jobs, deps, jobSweep()) },
    { name: 'runs', turns: ['runs'], run: () => sweepRuns(parts.runs, parts, runSweep()) },
    {
      name: 'publications',
      turns: ['publications'],
      run: () => sweepPublications(publishing(parts, files), turns.take('publications')),
    },
    { name: 'expiries', turns: ['expiries'], run: () => sweepExpiries(parts, collecting('expiries')) },
    { name: 'orphans', turns: ['collections'], run: () => collectJobs(parts.jobs, deps, collecting('collections')) },
    { name: 'fileExpiries', turns: ['fileExpiries'], run: () => sweepFileExpiries({ ...parts, files }, expiring()) },
    { name: 'files', turns: ['files'], run: () => collectFiles(parts, collecting('files')) },
    { name: 'imports', turns: ['imports'], run: () => collectImports(parts, collecting('imports')) },
    { name: 'evals', turns: ['evals'], run: () => sweepDoomedEvals(parts, turns.take('evals')) },
    { name: 'uploads', turns: ['uploads'], run: () => sweepUploads(parts, turns.take('uploads')) },
    { name: 'learned', turns: [], run: () => foldKeyStateShards(parts, collecting('learned')) },
    { name: 'runnersGone', turns: ['runners'], run: () => new RunnerRegistry(parts).sweep(turns.take('runners')) },
  ];
}

/** Nothing was changed and nothing failed. What was merely looked at, or waits, is no news. */
function isQuiet(swept: Readonly<Record<string, object | number>>): boolean {
  const isNews = ([name, count]: [string, unknown]): boolean =>
    !['seen', 'looked', 'waiting'].includes(name) && count !== 0;
  return !Object.values(swept).some((outcome) =>
    typeof outcome === 'number' ? outcome !== 0 : Object.entries(outcome).some(isNews),
  );
}

function publishing(parts: SweepParts, files: FileLibrary): Parameters<typeof sweepPublications>[0] {
  return { ...parts, files, completions: new StoredCompletions(parts), aliases: new Aliases(parts) };
}
