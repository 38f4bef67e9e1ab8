/** GET /v1/fine_tuning/jobs/:job_id/checkpoints, newest first. */
import { ApiError, type CheckpointRecord, FineTuningJobCheckpoint, Page } from '@preheat/contracts';
import { toCheckpoint } from '@preheat/jobs';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import type { ApiDependencies } from '../../dependencies.js';
import { toWirePage } from '../../listing/page.js';
import { withErrors } from '../../plugins/error-responses.js';
import { idParameters } from '../path-parameters.js';
import { jobOf } from './job-of.js';

const CheckpointQuery = Type.Object({
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 512 })),
});

export function jobCheckpointRoutes(app: App, { jobs, warmer }: ApiDependencies): void {
  const schema = {
    operationId: 'listFineTuningJobCheckpoints',
    summary: 'List the checkpoints of a job, newest first; each is callable as a model',
    tags: ['Fine-tuning'],
    params: idParameters('job_id'),
    querystring: CheckpointQuery,
    response: withErrors({ 200: Page(FineTuningJobCheckpoint) }, 'not_found'),
  };
  app.get('/fine_tuning/jobs/:job_id/checkpoints', { schema }, async (request) => {
    const job = await jobOf(jobs, request.projectId, request.params.job_id);
    warmer?.look(job);
    const { after, limit = 10 } = request.query;
    const rest = startingAfter([...job.checkpoints].reverse(), after);
    const page = rest.slice(0, limit).map((record) => toCheckpoint(job, record));
    return toWirePage(page, rest.length > limit);
  });
}

function startingAfter(records: CheckpointRecord[], after: string | undefined): CheckpointRecord[] {
  if (after === undefined) return records;
  const index = records.findIndex((record) => record.id === after);
  if (index >= 0) return records.slice(index + 1);
  throw new ApiError('invalid_request', `'after' names no checkpoint of this job: ${after}.`, { param: 'after' });
}
