/** POST /v1/fine_tuning/jobs: nothing is queued before everything that can be checked was checked. */
import { ApiError, type ErrorCode, FineTuningJob, guardsOf, retentionOf } from '@preheat/contracts';
import type { NewJob } from '@preheat/jobs';
import type { FastifyRequest } from 'fastify';
import type { App } from '../../app-type.js';
import type { ApiDependencies } from '../../dependencies.js';
import { Evals } from '../../evaluation/evals.js';
import { CREATE_DEPTH } from '../../fine-tuning/data/examine-file.js';
import { effectiveMethod } from '../../fine-tuning/effective-method.js';
import { CreateJobRequest, refuseUnserved } from '../../fine-tuning/job-request.js';
import { evalOfJob } from '../../fine-tuning/job-evaluation.js';
import { jobUses } from '../../fine-tuning/job-uses.js';
import { type CheckedRequest, preflightOf, type PreflightContext } from '../../fine-tuning/preflight-request.js';
import { preflightSummary } from '../../fine-tuning/preflight-summary.js';
import type { QueueOutlook } from '../../fine-tuning/queue/queue-outlook.js';
import { requestIdentity } from '../../fine-tuning/request-identity.js';
import { BODY_ERRORS, withErrors } from '../../plugins/error-responses.js';
import { checkPublish } from '../../publishing/check-publish.js';
import { StoredCompletions } from '../../stored-completions/stored-completions.js';

/** What the request of a job may be refused with, by creating it and by its preflight. */
export const JOB_ERRORS = [
  ...BODY_ERRORS,
  'model_not_available',
  'model_not_found',
  'model_expired',
  'model_damaged',
  'invalid_file_purpose',
  'file_too_large',
  'invalid_training_file',
  'invalid_grader',
  'missing_item_key',
  'row_too_long',
  'zero_reward_variance',
  'insufficient_memory',
  'budget_too_small',
  'unknown_algorithm',
  'unsupported_parameter',
] as const satisfies readonly ErrorCode[];

export function createJobRoute(
  app: App,
  deps: ApiDependencies,
  context: PreflightContext,
  outlook: QueueOutlook,
): void {
  const schema = {
    operationId: 'createFineTuningJob',
    summary:
      'Create a job; extension: `pipeline` runs several phases, each from the weights of the one before; `budget` and `scheduling` bound it, `preflight` says how it is checked, `retention` which checkpoints stay',
    tags: ['Fine-tuning'],
    body: CreateJobRequest,
    response: withErrors({ 200: FineTuningJob }, ...JOB_ERRORS, 'idempotency_mismatch'),
  };
  const preValidation = async (request: FastifyRequest) => refuseUnserved(request.body);
  app.post('/fine_tuning/jobs', { schema, preValidation }, async (request) => {
    const { projectId } = request;
    const body = request.body as CreateJobRequest;
    const outcome = await deps.jobs.createOnce(requestIdentity(request), async () => {
      const checked = await preflightOf(context, projectId, body, CREATE_DEPTH);
      if (checked.refusals[0]) throw checked.refusals[0];
      const newJob = await toNewJob({ ...deps, files: context.files }, projectId, body, checked);
      return { request: newJob, evalOf: checked.evaluation && evalOfJob(projectId, checked.evaluation) };
    });
    if (outcome.ok) return outlook.show(outcome.job);
    throw new ApiError('idempotency_mismatch', 'This Idempotency-Key was used before, with another request body.');
  });
}

async function toNewJob(
  deps: ApiDependencies & Pick<PreflightContext, 'files'>,
  projectId: string,
  request: CreateJobRequest,
  { phases, report, seed, limits, model: start }: CheckedRequest,
): Promise<NewJob> {
  const [only] = phases;
  const checks = { ...deps, evals: new Evals(deps), completions: new StoredCompletions(deps) };
  const { publish, training_file: trainingFile, validation_file: validationFile = null } = request;
  const publication = publish ? await checkPublish(checks, projectId, request.model, publish) : undefined;
  const sources = { start, phases, files: [trainingFile, validationFile], ...(publication ? { publication } : {}) };
  return {
    // An alias may stand for another model tomorrow; the job starts from what it stands for now.
    model: start.name,
    startsFrom: start,
    uses: await jobUses(deps.models, projectId, sources),
    trainingFile,
    validationFile,
    suffix: request.suffix ?? null,
    seed,
    metadata: request.metadata ?? null,
    method: request.pipeline === undefined && only ? effectiveMethod(only) : null,
    phases,
    ...(publication ? { publication } : {}),
    priority: request.scheduling?.priority ?? 0,
    limits,
    guards: guardsOf(request.guards),
    preflight: preflightSummary(report),
    retention: retentionOf(request.retention),
  };
}
