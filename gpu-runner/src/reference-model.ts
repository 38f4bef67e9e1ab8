/** The model whose policy a phase is held to, however far the phase has come. */
import { invariant, type ModelRecord, type ResolvedPhase } from '@preheat/contracts';
import type { LeasedJob } from '@preheat/jobs';
import type { RunnerDependencies } from './runner-dependencies.js';

/** @param phaseStart The model before the first step of the phase. */
export async function referenceModel(
  { models }: Pick<RunnerDependencies, 'models'>,
  { job }: LeasedJob,
  { reference }: ResolvedPhase,
  phaseStart: ModelRecord,
): Promise<ModelRecord> {
  if (reference !== 'job_start') return phaseStart;
  const record = await models.find(job.projectId, job.model);
  invariant(record, `the model ${job.model} has no record`);
  return record;
}
