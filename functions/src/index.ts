/** The HTTP API as an app, and the parts that programs and tests put together. */
export type { AppOptions } from './api-context.js';
export { createApp } from './app.js';
export { CONNECTION_BACKLOG, type Environment, openApi } from './api-parts.js';
export { openParts, type Parts } from './composition.js';
export type { ApiDependencies } from './dependencies.js';
export { Evals } from './evaluation/evals.js';
export { answerDoorbell, runEvaluationWorker } from './evaluation/evaluation-worker.js';
export { Runs } from './evaluation/runs.js';
export { QueueFacts } from './fine-tuning/queue/queue-facts.js';
export { operate } from './operator/operate.js';
export { sweepRuns } from './evaluation/sweep-runs.js';
export {
  type RunOutcome,
  type RunWorkerDependencies,
  type RunWorkerOptions,
  workOnRun,
} from './evaluation/work-on-run.js';
export { type ApiKey, parseApiKeys } from './access/key-directory.js';
export { DEFAULT_LIMITS, type Limits } from './plugins/limits.js';
export { openapiDocument } from './plugins/openapi.js';
export { DecoderServing, type ServedModel } from './serving/decoder-serving.js';
export { ServedJudges } from './serving/judge-models.js';
export { sweep, type SweepParts } from './sweep.js';
export { sweepUntilStopped } from './sweep-until-stopped.js';
export { WebhookDeliveries } from './webhooks/webhook-deliveries.js';
export { WebhookEndpoints } from './webhooks/webhook-endpoints.js';
