/** POST /v1/fine_tuning/jobs/:job_id/{cancel,pause,resume}. Repeating a request that is already fulfilled is no error. */
import { ApiError, FineTuningJob, type JobDocument } from '@preheat/contracts';
import type { JobStore, RequestOutcome } from '@preheat/jobs';
import type { App } from '../../app-type.js';
import type { ApiDependencies } from '../../dependencies.js';
import type { QueueOutlook } from '../../fine-tuning/queue/queue-outlook.js';
import { withErrors } from '../../plugins/error-responses.js';
import { idParameters } from '../path-parameters.js';
import { jobNotFound } from './job-of.js';

interface Control {
  readonly verb: 'cancel' | 'pause' | 'resume';
  readonly summary: string;
  readonly refusal: 'job_not_cancellable' | 'invalid_job_state';
}

const CONTROLS: readonly Control[] = [
  { verb: 'cancel', summary: 'Cancel a job', refusal: 'job_not_cancellable' },
  { verb: 'pause', summary: 'Pause a job after a checkpoint', refusal: 'invalid_job_state' },
  { verb: 'resume', summary: 'Resume a paused job from its last checkpoint', refusal: 'invalid_job_state' },
];

export function controlJobRoutes(app: App, { jobs }: ApiDependencies, outlook: QueueOutlook): void {
  for (const control of CONTROLS) {
    const schema = {
      operationId: `${control.verb}FineTuningJob`,
      summary: control.summary,
      tags: ['Fine-tuning'],
      params: idParameters('job_id'),
      response: withErrors({ 200: FineTuningJob }, 'not_found', control.refusal),
    };
    app.post(`/fine_tuning/jobs/:job_id/${control.verb}`, { schema }, async (request) => {
      return outlook.show(await apply(jobs, control, request.projectId, request.params.job_id));
    });
  }
}

async function apply(jobs: JobStore, control: Control, projectId: string, id: string): Promise<JobDocument> {
  const outcome: RequestOutcome = await jobs[control.verb](projectId, id);
  if (outcome.ok) return outcome.job;
  if (outcome.reason === 'not_found') throw jobNotFound(id);
  throw new ApiError(control.refusal, `Job ${id} is ${outcome.job.state}; it cannot be asked to ${control.verb}.`);
}
