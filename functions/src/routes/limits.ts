/** GET /v1/x/limits (extension): the limits in force, for clients that cut what they send. */
import { Count, Nullable } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import type { QueueOptions } from '../fine-tuning/queue/queue-outlook.js';
import { withErrors } from '../plugins/error-responses.js';
import type { Limits } from '../plugins/limits.js';

const LimitsObject = Type.Object({
  object: Type.Literal('limits'),
  file_bytes: Count,
  upload_bytes: Count,
  upload_part_bytes: Count,
  /** Of a part that is put into the store directly; null where parts come through the API only. */
  direct_part_bytes: Nullable(Count),
  json_body_bytes: Count,
  requests_per_minute: Count,
  open_streams: Count,
  /** Jobs of the project that may hold a runner at a time; the others wait. Null: any number. */
  running_jobs: Nullable(Count),
});

export function limitsRoute(
  app: App,
  limits: Limits,
  { directUploads, jobsPerProject }: Pick<ApiDependencies, 'directUploads'> & Pick<QueueOptions, 'jobsPerProject'>,
): void {
  const schema = {
    operationId: 'getLimits',
    summary: 'Extension: the limits in force',
    tags: ['Platform'],
    response: withErrors({ 200: LimitsObject }),
  };
  const runningJobs = (projectId: string): number | null => {
    const limit = jobsPerProject?.(projectId) ?? Infinity;
    return limit === Infinity ? null : limit;
  };
  app.get('/x/limits', { schema }, async ({ projectId }) => ({
    object: 'limits' as const,
    file_bytes: limits.fileBytes,
    upload_bytes: limits.uploadBytes,
    upload_part_bytes: limits.uploadPartBytes,
    direct_part_bytes: directUploads ? limits.directPartBytes : null,
    json_body_bytes: limits.jsonBodyBytes,
    requests_per_minute: limits.requestsPerMinute,
    open_streams: limits.openStreamsPerProject,
    running_jobs: runningJobs(projectId),
  }));
}
