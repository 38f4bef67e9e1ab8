/** The model that a job starts from: the one that was there when the job was created, whatever its name means by now. */
import { invariant, type ModelRecord } from '@preheat/contracts';
import type { LeasedJob } from '@preheat/jobs';
import type { RunnerDependencies } from './runner-dependencies.js';

export async function jobStart(
  { models }: Pick<RunnerDependencies, 'models'>,
  { job }: Pick<LeasedJob, 'job'>,
): Promise<ModelRecord> {
  const record = job.startsFrom ?? (await models.find(job.projectId, job.model));
  invariant(record, `the model ${job.model} has no record`);
  return record;
}
