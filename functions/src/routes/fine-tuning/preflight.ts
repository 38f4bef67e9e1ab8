/** POST /v1/x/preflight (extension): everything that creating a job checks, reported; nothing is queued. */
import { PreflightReport } from '@preheat/contracts';
import type { FastifyRequest } from 'fastify';
import type { App } from '../../app-type.js';
import { REPORT_DEPTH } from '../../fine-tuning/data/examine-file.js';
import { CreateJobRequest, refuseUnserved } from '../../fine-tuning/job-request.js';
import { type PreflightContext, preflightOf } from '../../fine-tuning/preflight-request.js';
import { withErrors } from '../../plugins/error-responses.js';
import { JOB_ERRORS } from './create-job.js';

export function preflightRoute(app: App, context: PreflightContext): void {
  const schema = {
    operationId: 'preflightFineTuningJob',
    summary:
      'Extension: what a job of this request would take, which tokens it trains, and what it would be refused for',
    tags: ['Fine-tuning'],
    body: CreateJobRequest,
    response: withErrors({ 200: PreflightReport }, ...JOB_ERRORS),
  };
  const preValidation = async (request: FastifyRequest) => refuseUnserved(request.body);
  app.post('/x/preflight', { schema, preValidation }, async ({ projectId, body }) => {
    const { report } = await preflightOf(context, projectId, body as CreateJobRequest, REPORT_DEPTH);
    return report;
  });
}
