/**
 * Reads a model for a job. Models that other jobs may start from outlive it in memory; its own checkpoints do not, since nobody
 * else asks for them soon.
 */
import type { ModelRecord } from '@preheat/contracts';
import type { LoadedModel } from '@preheat/inference/model-registry';
import type { LeasedJob } from '@preheat/jobs';
import type { RunnerDependencies } from './runner-dependencies.js';

export function loadModel(
  { models, heldModels }: Pick<RunnerDependencies, 'models' | 'heldModels'>,
  { job }: Pick<LeasedJob, 'job'>,
  record: ModelRecord,
): Promise<LoadedModel> {
  if (!heldModels) return models.load(record);
  return record.jobId === job.id ? heldModels.readOnce(record) : heldModels.load(record);
}
