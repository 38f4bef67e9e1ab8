/**
 * The HTTP API as one Fastify app. It keeps nothing between requests: whatever it knows is in the object store, so any
 * number of processes and function instances may serve the same project.
 */
import Fastify, { type FastifyInstance } from 'fastify';
import { type ApiContext, apiContext, type AppOptions } from './api-context.js';
import type { App } from './app-type.js';
import { AREA_NAMES, AREAS, type AreaName } from './areas/areas.js';
import type { ApiDependencies } from './dependencies.js';
import { logAccess } from './plugins/access-log.js';
import { admit } from './plugins/admission.js';
import { authenticate } from './plugins/auth.js';
import { parseBodies } from './plugins/body-parsers.js';
import { answerClientError, REQUEST_TIMEOUT_MS } from './plugins/client-errors.js';
import { frameworkErrors, handleErrors } from './plugins/errors.js';
import { limitRate } from './plugins/limits.js';
import { describeRoutes, serveOpenapi } from './plugins/openapi.js';
import { parseQuery } from './plugins/query.js';
import { sendRequestId } from './plugins/request-id.js';
import { limitStreams } from './plugins/stream-slots.js';
import { answerUnknownRoutes } from './plugins/unknown-routes.js';
import { refuseMalformedIds } from './plugins/well-formed-ids.js';
import { healthRoute } from './routes/health.js';
import { validatorCompiler } from './validation/validator-compiler.js';

/** Checkpoint names (`ft:<base>:<project>:<suffix>:<id>:ckpt-step-N`) are longer than Fastify's default of 100. */
const MAX_PARAM_LENGTH = 1024;

export interface AppScope {
  /** Default: all. */
  readonly areas?: readonly AreaName[];
  /** Whether the app can describe its routes as an OpenAPI document, which takes longer than serving them. Default: it cannot. */
  readonly isDescribed?: boolean;
}

export function createApp(deps: ApiDependencies, options: AppOptions, scope: AppScope = {}): Promise<FastifyInstance> {
  return appOf(apiContext(deps, options), scope);
}

/** The app of some areas, which share with others of the context what a process counts. */
export async function appOf(
  context: ApiContext,
  { areas = AREA_NAMES, isDescribed = false }: AppScope = {},
): Promise<FastifyInstance> {
  const { deps, limits } = context;
  const app = Fastify({
    bodyLimit: limits.jsonBodyBytes,
    trustProxy: context.trustedProxies,
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
  authenticate(app, context.directory, context.failedKeys);
  refuseMalformedIds(app);
  await limitRate(app, limits, context.requests);
  admit(app, context.admission);
  limitStreams(app, context.streamSlots);
  if (isDescribed) await describeRoutes(app);
  serveOpenapi(app, () => appOf(context, { isDescribed: true }));
  await addAreas(app as unknown as App, context, areas);
  return app;
}

async function addAreas(app: App, context: ApiContext, names: readonly AreaName[]): Promise<void> {
  healthRoute(app);
  const areas = await Promise.all(names.map((name) => AREAS[name].load()));
  app.register(
    async (v1: App) => {
      for (const { addRoutes } of areas) await addRoutes(v1, context);
    },
    { prefix: '/v1' },
  );
}
