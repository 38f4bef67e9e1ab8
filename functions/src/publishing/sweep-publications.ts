/**
 * Publishes the models of jobs that have ended, step by step, each of which may be repeated: the id of the gate's run is
 * written into the job before the run exists, the run decides, the alias moves in one write, and the job says what became of
 * it with an event in the same write. A job whose publication cannot go on keeps no other from it.
 */
import {
  ApiError,
  ENDED_RUN_STATES,
  type Gate,
  type JobDocument,
  KEYS,
  type NewEvent,
  type Publication,
  TERMINAL_STATES,
} from '@preheat/contracts';
import { type JobStore, SweepTurn } from '@preheat/jobs';
import { type Clock, type Ids, type Log, type ObjectStore, putIdempotent } from '@preheat/ports';
import { checkRun } from '../evaluation/check-run.js';
import type { Runs } from '../evaluation/runs.js';
import { timeId } from '../listing/time-id.js';
import type { Aliases } from './aliases.js';
import { type PublishChecks, runOfGate } from './check-publish.js';
import { unmetDemands } from './gate-verdict.js';

export interface PublishingDependencies extends PublishChecks {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly jobs: JobStore;
  readonly runs: Runs;
  readonly aliases: Aliases;
}

export interface PublicationSweep {
  readonly settled: number;
  readonly waiting: number;
  readonly failed: number;
}

/** Keeps a job that has ended in mind until its model is published, or not. Called before the sweeper forgets the job. */
export async function rememberPublication(store: ObjectStore, job: JobDocument): Promise<void> {
  if (job.publication && !isSettled(job.publication)) {
    await putIdempotent(store, KEYS.publication(job.id), new Uint8Array());
  }
}

const isSettled = ({ state }: Publication): boolean => state === 'published' || state === 'refused';

/** @param turn What of the publications is looked at. */
export async function sweepPublications(
  deps: PublishingDependencies,
  turn = new SweepTurn(deps),
): Promise<PublicationSweep> {
  const result = { settled: 0, waiting: 0, failed: 0 };
  for await (const { key } of turn.entries(KEYS.publications)) {
    const jobId = key.slice(KEYS.publications.length);
    try {
      const job = (await deps.jobs.read(jobId))?.document;
      const isOver = job === undefined || (await advance(deps, job));
      if (isOver) await deps.store.delete(key);
      result[isOver ? 'settled' : 'waiting']++;
    } catch (error) {
      result.failed++;
      deps.log.error('the publication of a model could not go on', { jobId, error });
    }
  }
  return result;
}

/** Whether nothing is left to do. */
async function advance(deps: PublishingDependencies, job: JobDocument): Promise<boolean> {
  const { publication, fineTunedModel: model } = job;
  // An operator may have queued the job again.
  if (!publication || isSettled(publication) || !TERMINAL_STATES.has(job.state)) return true;
  if (job.state !== 'succeeded' || model === null) return refuse(deps, job, [`The job ${job.state}`]);
  if (publication.gate === null) return publish(deps, job, model);
  const unmet = await unmetBy(deps, job, publication.gate, model);
  if (unmet === undefined) return false;
  return unmet.length > 0 ? refuse(deps, job, unmet) : publish(deps, job, model);
}

/** Why the gate refuses; undefined while its run is under way. */
async function unmetBy(
  deps: PublishingDependencies,
  { id, projectId, publication }: JobDocument,
  gate: Gate,
  model: string,
): Promise<string[] | undefined> {
  const runId = publication?.runId ?? (await reserveRun(deps, id));
  try {
    const evaluation = await deps.evals.get(projectId, gate.eval_id);
    const run = await deps.runs.find(projectId, evaluation.id, runId);
    if (run) return ENDED_RUN_STATES.has(run.state) ? unmetDemands(gate, run) : undefined;
    const request = { ...runOfGate(gate, model), name: `gate of ${id}` };
    await deps.runs.create(evaluation, request, await checkRun(deps, evaluation, request), runId);
    return undefined;
  } catch (error) {
    // The eval, its file or the model is gone: no later try would go better.
    if (error instanceof ApiError) return [error.message];
    throw error;
  }
}

async function reserveRun(deps: PublishingDependencies, jobId: string): Promise<string> {
  const { id } = timeId('evalrun_', deps);
  const job = await deps.jobs.amendPublication(jobId, (publication) => {
    return publication.runId === null ? { publication: { ...publication, state: 'evaluating', runId: id } } : undefined;
  });
  return job?.publication?.runId ?? id;
}

async function publish(deps: PublishingDependencies, job: JobDocument, model: string): Promise<true> {
  const alias = job.publication?.alias ?? '';
  await deps.aliases.move(job.projectId, alias, model, job.id);
  const message = `The alias ${alias} now stands for ${model}`;
  return settle(deps, job.id, 'published', [], said('info', message, { kind: 'published', alias, model }));
}

async function refuse(deps: PublishingDependencies, job: JobDocument, reasons: string[]): Promise<true> {
  const alias = job.publication?.alias ?? '';
  const kept = reasons.map((reason) => reason.slice(0, 1024));
  const message = `The alias ${alias} was not moved. ${kept.join('; ')}`.slice(0, 8192);
  return settle(
    deps,
    job.id,
    'refused',
    kept,
    said('warn', message, { kind: 'publication_refused', alias, reasons: kept }),
  );
}

const said = (level: NewEvent['level'], message: string, data: NewEvent['data']): NewEvent => {
  return { level, type: 'message', message, data };
};

async function settle(
  deps: PublishingDependencies,
  jobId: string,
  state: Publication['state'],
  reasons: string[],
  event: NewEvent,
): Promise<true> {
  await deps.jobs.amendPublication(jobId, (publication) =>
    isSettled(publication) ? undefined : { publication: { ...publication, state, reasons }, event },
  );
  return true;
}
