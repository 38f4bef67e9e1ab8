/** The public face of the client: one class, its error, and the types of what crosses the wire. */
export { type ClientOptions, LOCAL_BASE_URL, Preheat } from './client.js';
export { PreheatError } from './errors.js';
export type * from './generated/wire.js';
export { type ListPage, Paginator } from './paginator.js';
export type { CreateRunOptions, ListItems, ListRuns, WaitForRun } from './resources/eval-runs.js';
export type { CreateFile, FileSource, ListFiles } from './resources/files.js';
export type { GraderRun, RunGrader } from './resources/graders.js';
export {
  type CreateJobOptions,
  type EventsOptions,
  hasEnded,
  type ListJobs,
  type WaitForJob,
} from './resources/jobs.js';
export type { RotateWebhookSecret, WebhookEndpointTest } from './resources/webhooks.js';
export type { RequestOptions } from './transport.js';
export { headlineMetrics } from './headline-metrics.js';
export { type UnwrapOptions, unwrapWebhook, type WebhookEvent, type WebhookEventType } from './unwrap-webhook.js';
