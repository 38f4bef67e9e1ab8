/**
 * The HTTP API as one Fastify app. It keeps nothing between requests: whatever it knows is in the object store, so any
 * number of processes and function instances may serve the same project.
 */
import type { RunnerClass } from '@preheat/contracts';
import { ThroughputLedger } from '@preheat/jobs';
import multipart from '@fastify/multipart';
import Fastify, { type FastifyInstance } from 'fastify';
import { ApiKeys } from './access/api-keys.js';
import { type ApiKey, KeyDirectory } from './access/key-directory.js';
import type { App } from './app-type.js';
import { type Patience, patience } from './chat/patience.js';
import type { ApiDependencies } from './dependencies.js';
import { Evals } from './evaluation/evals.js';
import { Runs } from './evaluation/runs.js';
import { localRunnerClass } from './fine-tuning/estimate/local-runner-class.js';
import { FileLibrary } from './files/file-library.js';
import { logAccess } from './plugins/access-log.js';
import { admit } from './plugins/admission.js';
import { authenticate } from './plugins/auth.js';
import { parseBodies } from './plugins/body-parsers.js';
import { answerClientError, REQUEST_TIMEOUT_MS } from './plugins/client-errors.js';
import { frameworkErrors, handleErrors } from './plugins/errors.js';
import { FailedKeys } from './plugins/failed-keys.js';
import { DEFAULT_LIMITS, type Limits, limitRate } from './plugins/limits.js';
import { describeRoutes, serveOpenapi } from './plugins/openapi.js';
import { parseQuery } from './plugins/query.js';
import { sendRequestId } from './plugins/request-id.js';
import { limitStreams } from './plugins/stream-slots.js';
import { answerUnknownRoutes } from './plugins/unknown-routes.js';
import { refuseMalformedIds } from './plugins/well-formed-ids.js';
import { adminKeyRoutes } from './routes/admin-keys.js';
import { Aliases } from './publishing/aliases.js';
import { aliasRoutes } from './routes/aliases.js';
import { chatCompletionRoute } from './routes/chat-completions.js';
import { CheckpointPermissions } from './models/checkpoint-permissions.js';
import { compareRoutes } from './routes/evals/compare.js';
import { directPartRoute } from './routes/direct-parts.js';
import { evalRoutes } from './routes/evals/evals.js';
import { outputItemRoutes } from './routes/evals/output-items.js';
import { runRoutes } from './routes/evals/runs.js';
import { fileReadRoutes } from './routes/files/read.js';
import { uploadRoute } from './routes/files/upload.js';
import { checkpointPermissionRoutes } from './routes/fine-tuning/checkpoint-permissions.js';
import { controlJobRoutes } from './routes/fine-tuning/control-jobs.js';
import { QueueOutlook, type QueueOptions } from './fine-tuning/queue/queue-outlook.js';
import { createJobRoute } from './routes/fine-tuning/create-job.js';
import { jobCheckpointRoutes } from './routes/fine-tuning/job-checkpoints.js';
import { jobEventRoutes } from './routes/fine-tuning/job-events.js';
import { preflightRoute } from './routes/fine-tuning/preflight.js';
import { readJobRoutes } from './routes/fine-tuning/read-jobs.js';
import { graderRoutes } from './routes/graders.js';
import { healthRoute } from './routes/health.js';
import { limitsRoute } from './routes/limits.js';
import { modelExpiryRoutes } from './routes/model-expiry.js';
import { modelExportRoutes } from './routes/model-exports.js';
import { modelImportRoute } from './routes/model-imports.js';
import { modelRoutes } from './routes/models.js';
import { storedCompletionRoutes } from './routes/stored-completions.js';
import { textCompletionRoute } from './routes/text-completions.js';
import { uploadRoutes } from './routes/uploads.js';
import { webhookEndpointRoutes } from './routes/webhooks/webhook-endpoints.js';
import { StoredCompletions } from './stored-completions/stored-completions.js';
import { Uploads } from './uploads/uploads.js';
import { validatorCompiler } from './validation/validator-compiler.js';

export interface AppOptions {
  /** Keys that are known beside those of the store. */
  readonly apiKeys: readonly ApiKey[];
  readonly limits?: Partial<Limits>;
  /** Proxies whose `X-Forwarded-For` is believed: their addresses and networks, comma-separated. Default: none is. */
  readonly trustedProxies?: string;
  /** Address clients use, for URLs in answers; relative ones unless given. */
  readonly publicUrl?: string;
  /** What jobs may be placed on; this machine unless given. */
  readonly runnerClasses?: readonly RunnerClass[];
  /** What jobs that wait are told by. */
  readonly queue?: QueueOptions;
  /** Where something stops the process in the middle of an answer: how long after the request. Default: nothing does. */
  readonly answerLimitMs?: number;
  /** Whether the app can describe its routes as an OpenAPI document, which takes longer than serving them. Default: it cannot. */
  readonly isDescribed?: boolean;
}

/** Checkpoint names (`ft:<base>:<project>:<suffix>:<id>:ckpt-step-N`) are longer than Fastify's default of 100. */
const MAX_PARAM_LENGTH = 1024;

export async function createApp(deps: ApiDependencies, options: AppOptions): Promise<FastifyInstance> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const app = Fastify({
    bodyLimit: limits.jsonBodyBytes,
    trustProxy: options.trustedProxies ?? false,
    genReqId: () => deps.ids.next('req_'),
    requestTimeout: REQUEST_TIMEOUT_MS,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => frameworkErrors(error, request, reply),
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, querystringParser: parseQuery },
    // Named here, so that Fastify does not load its own compilers, which take longer to start than all of our routes.
    schemaController: {
      compilersFactory: {
        buildValidator: () => validatorCompiler as never,
        buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
      },
    },
  });
  sendRequestId(app);
  logAccess(app, deps.log);
  handleErrors(app, deps.log);
  answerUnknownRoutes(app);
  parseBodies(app);
  const keys = new ApiKeys(deps);
  const failedKeys = new FailedKeys(deps.clock, limits.requestsPerMinute);
  authenticate(app, new KeyDirectory(options.apiKeys, keys, deps.clock), failedKeys);
  refuseMalformedIds(app);
  await limitRate(app, limits);
  admit(app, limits);
  limitStreams(app, limits);
  // The library counts bytes itself, to say what the limit is.
  await app.register(multipart, { throwFileSizeLimit: false });
  if (options.isDescribed) await describeRoutes(app);
  serveOpenapi(app, () => createApp(deps, { ...options, isDescribed: true }));
  const { publicUrl = '', runnerClasses = [localRunnerClass()], queue = {} } = options;
  const routeOptions = { limits, keys, publicUrl, runnerClasses, queue, patience: patience(options.answerLimitMs) };
  addRoutes(app as unknown as App, deps, routeOptions);
  return app;
}

interface RouteOptions {
  readonly limits: Limits;
  readonly keys: ApiKeys;
  readonly publicUrl: string;
  readonly runnerClasses: readonly RunnerClass[];
  readonly queue: QueueOptions;
  readonly patience: Patience;
}

function addRoutes(app: App, deps: ApiDependencies, options: RouteOptions): void {
  const { limits, keys, publicUrl, runnerClasses } = options;
  const outlook = new QueueOutlook(deps, options.queue, deps.queueFacts);
  const files = new FileLibrary(deps);
  const uploads = new Uploads(deps, files, limits);
  const evals = new Evals(deps);
  const runs = new Runs(deps);
  const completions = new StoredCompletions(deps);
  const aliases = new Aliases(deps);
  const checks = { ...deps, files, runnerClasses, throughput: new ThroughputLedger(deps) };
  healthRoute(app);
  app.register(
    async (v1: App) => {
      uploadRoute(v1, files, limits.fileBytes);
      fileReadRoutes(v1, deps, files);
      uploadRoutes(v1, uploads, limits);
      directPartRoute(v1, uploads);
      limitsRoute(v1, limits, { ...deps, ...options.queue });
      createJobRoute(v1, deps, checks, outlook);
      preflightRoute(v1, checks);
      readJobRoutes(v1, deps, outlook);
      controlJobRoutes(v1, deps, outlook);
      jobEventRoutes(v1, deps);
      jobCheckpointRoutes(v1, deps);
      checkpointPermissionRoutes(v1, new CheckpointPermissions(deps));
      graderRoutes(v1, deps);
      modelRoutes(v1, deps, aliases);
      aliasRoutes(v1, deps, aliases);
      modelImportRoute(v1, deps, files);
      modelExpiryRoutes(v1, deps);
      modelExportRoutes(v1, deps);
      chatCompletionRoute(v1, deps, completions, options.patience);
      textCompletionRoute(v1, deps, options.patience);
      storedCompletionRoutes(v1, completions);
      webhookEndpointRoutes(v1, deps);
      evalRoutes(v1, evals);
      runRoutes(v1, { evals, runs, files, completions, models: deps.models, publicUrl });
      outputItemRoutes(v1, runs, deps);
      compareRoutes(v1, evals, runs);
      adminKeyRoutes(v1, keys);
    },
    { prefix: '/v1' },
  );
}
