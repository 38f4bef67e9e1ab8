/** Looks up the job a path names, within the caller's project. */
import { ApiError, type JobDocument } from '@preheat/contracts';
import type { JobStore } from '@preheat/jobs';

export const jobNotFound = (id: string): ApiError =>
  new ApiError('not_found', `No fine-tuning job with id ${id} exists in this project.`, { param: 'job_id' });

/** @throws ApiError `not_found`. */
export async function jobOf(jobs: JobStore, projectId: string, id: string): Promise<JobDocument> {
  const job = await jobs.get(projectId, id);
  if (!job) throw jobNotFound(id);
  return job;
}
