/** GET /v1/fine_tuning/jobs and /v1/fine_tuning/jobs/:job_id. */
import { ApiError, FineTuningJob, Metadata, Page } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import type { ApiDependencies } from '../../dependencies.js';
import type { QueueOutlook } from '../../fine-tuning/queue/queue-outlook.js';
import { toWirePage } from '../../listing/page.js';
import { withErrors } from '../../plugins/error-responses.js';
import { idParameters } from '../path-parameters.js';
import { jobOf } from './job-of.js';

const tags = ['Fine-tuning'];

/** `metadata: null` comes as an empty value from JavaScript and as `null` from the documentation's examples. */
const MetadataFilter = Type.Union([Type.Literal(''), Type.Literal('null'), Metadata]);

export const JobListQuery = Type.Object({
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  metadata: Type.Optional(MetadataFilter),
});

function foundNone({ id, scanned }: { id: string; scanned: number }): ApiError {
  const message =
    `None of the ${scanned} jobs that were looked at carries this metadata, and there are older ones. ` +
    `To look on, list again with after=${id}.`;
  return new ApiError('invalid_request', message, { param: 'metadata' });
}

export function readJobRoutes(app: App, { jobs, warmer }: ApiDependencies, outlook: QueueOutlook): void {
  const list = {
    operationId: 'listFineTuningJobs',
    summary: 'List jobs, newest first; `metadata[k]=v` selects, `metadata=null` selects jobs without metadata',
    tags,
    querystring: JobListQuery,
    response: withErrors({ 200: Page(FineTuningJob) }),
  };
  app.get('/fine_tuning/jobs', { schema: list }, async ({ projectId, query }) => {
    if (query.after !== undefined) await assertListed(query.after, projectId);
    const page = await jobs.list(projectId, {
      limit: query.limit ?? 20,
      ...(query.after === undefined ? {} : { after: query.after }),
      ...(query.metadata === undefined ? {} : { metadata: typeof query.metadata === 'string' ? null : query.metadata }),
    });
    // A page that is empty ends the iteration of every client, so it must not be one where there may be more.
    if (page.jobs.length === 0 && page.gaveUpAfter) throw foundNone(page.gaveUpAfter);
    return toWirePage(await outlook.showAll(page.jobs), page.hasMore);
  });

  const retrieve = {
    operationId: 'retrieveFineTuningJob',
    summary: 'Retrieve a job',
    tags,
    params: idParameters('job_id'),
    response: withErrors({ 200: FineTuningJob }, 'not_found'),
  };
  app.get('/fine_tuning/jobs/:job_id', { schema: retrieve }, async (request) => {
    const job = await jobOf(jobs, request.projectId, request.params.job_id);
    warmer?.look(job);
    return outlook.show(job);
  });

  async function assertListed(after: string, projectId: string): Promise<void> {
    if (/^[A-Za-z0-9_-]+$/.test(after) && (await jobs.get(projectId, after))) return;
    throw new ApiError('invalid_request', `'after' names no job of this project: ${after}.`, { param: 'after' });
  }
}
