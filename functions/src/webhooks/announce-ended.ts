/** What endpoints are told when a job or an evaluation run has ended. */
import type { JobDocument, StoredRun, WebhookEventType } from '@preheat/contracts';
import type { WebhookDeliveries } from './webhook-deliveries.js';

const JOB_EVENTS: Partial<Record<JobDocument['state'], WebhookEventType>> = {
  succeeded: 'fine_tuning.job.succeeded',
  failed: 'fine_tuning.job.failed',
  cancelled: 'fine_tuning.job.cancelled',
};
const RUN_EVENTS: Partial<Record<StoredRun['state'], WebhookEventType>> = {
  completed: 'eval.run.succeeded',
  failed: 'eval.run.failed',
  canceled: 'eval.run.canceled',
};

export async function announceJob(webhooks: WebhookDeliveries, job: JobDocument): Promise<void> {
  const type = JOB_EVENTS[job.state];
  if (type) await webhooks.announce(job.projectId, type, job.id);
}

export async function announceRun(webhooks: WebhookDeliveries, run: StoredRun): Promise<void> {
  const type = RUN_EVENTS[run.state];
  if (type) await webhooks.announce(run.projectId, type, run.id);
}
