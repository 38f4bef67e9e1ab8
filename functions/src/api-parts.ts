/** Assembles the parts of the API from a platform that is open. What a part needs only for some calls is loaded with the first of them. */
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { openPlatform, type Platform } from '@preheat/adapters/platform';
import { availableMemoryBytes } from '@preheat/adapters/system';
import {
  ApiSettings,
  FleetSettings,
  GraderSettings,
  parseRunnerClasses,
  projectLimits,
  readSettings,
  type RunnerClass,
} from '@preheat/contracts';
import { ModelRegistry } from '@preheat/inference/model-registry';
import type { WorkerRunner } from '@preheat/inference/worker-runner';
import { JobStore } from '@preheat/jobs';
import type { FastifyInstance } from 'fastify';
import { parseApiKeys } from './access/key-directory.js';
import type { ApiContext } from './api-context.js';
import type { ApiDependencies } from './dependencies.js';
import { localRunnerClass } from './fine-tuning/estimate/local-runner-class.js';
import type { QueueOptions } from './fine-tuning/queue/queue-outlook.js';
import { closeInTurn } from './serving/close-in-turn.js';
import { DecoderServing } from './serving/decoder-serving.js';
import { GraderServing } from './serving/grader-serving.js';
import { ServedJudges } from './serving/judge-models.js';
import { httpSender, type WebhookTargets } from './webhooks/http-sender.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the API holds: its parts, and the platform's end. */
export type ApiParts = ApiDependencies &
  Pick<Platform, 'jobQueue' | 'runnerFleet' | 'close'> & {
    readonly orphanGraceMs: number;
    readonly queueOptions: QueueOptions;
  };

const DEFAULT_ORPHAN_GRACE_MS = 24 * 3_600_000;

/** Memory for loaded models: a fraction of a function's, and nothing to a server. */
const DECODER_BUDGET_BYTES = 1024 * 1024 * 1024;

/** Keys and values of rows that are answered at a time: a share of what there is, since a call of the runtime copies them. */
const BATCH_CACHE_SHARE = 1 / 8;

/** Worker threads of each decoder. */
export interface DecoderThreads {
  readonly workers: number;
  /** One that was started ahead of the platform; it is closed with the parts. */
  readonly threadAhead?: WorkerRunner;
}

/** A server keeps its event loop free of decoding; a function serves one request at a time and has nobody to wait. */
export const SERVER_DECODERS: DecoderThreads = { workers: availableParallelism() };
export const FUNCTION_DECODERS: DecoderThreads = { workers: 0 };

/** Connections that the system holds until they are looked at: those beyond are dropped unanswered, and clients wait seconds to try again. */
export const CONNECTION_BACKLOG = 4_096;

/** @throws Error naming each environment variable that is missing or wrong. */
export async function openApiParts(
  environment: Environment,
  program: string,
  decoderThreads: DecoderThreads,
): Promise<ApiParts> {
  const settings = readSettings(FleetSettings, { ...environment });
  const platform = await openPlatform(settings, program);
  const models = new ModelRegistry(platform.store);
  const { clock } = platform;
  const batchCacheBytes = BATCH_CACHE_SHARE * availableMemoryBytes();
  const memory = { budgetBytes: DECODER_BUDGET_BYTES, batchCacheBytes };
  const decoders = new DecoderServing(models, { ...memory, ...decoderThreads, clock });
  const graders = new GraderServing({
    settings: readSettings(GraderSettings, { ...environment }),
    clock,
    models: new ServedJudges(models, decoders),
  });
  return {
    ...platform,
    models,
    decoders,
    jobs: new JobStore({ ...platform, queue: platform.jobQueue }),
    openGraders: () => graders.open(),
    sendWebhook: httpSender(settings.PREHEAT_WEBHOOK_TARGETS ?? usualTargets(settings)),
    orphanGraceMs: Number(settings.PREHEAT_ORPHAN_GRACE_MS ?? DEFAULT_ORPHAN_GRACE_MS),
    queueOptions: queueOptionsOf(settings),
    close: () => closeInTurn([graders, decoders, platform]),
  };
}

const usualTargets = ({ PREHEAT_STORE: store }: FleetSettings): WebhookTargets =>
  store === 'filesystem' ? 'any' : 'public';

function runnerClassesOf({
  PREHEAT_RUNNER_CLASSES: classes,
  PREHEAT_PRICE_PER_HOUR: price,
}: ApiSettings): RunnerClass[] {
  return classes === undefined ? [localRunnerClass(Number(price ?? 0))] : parseRunnerClasses(classes);
}

function queueOptionsOf(settings: FleetSettings): QueueOptions {
  const { PREHEAT_MAX_RUNNERS: maxRunners, PREHEAT_COLD_START_SECONDS: bootSeconds } = settings;
  return {
    ...(maxRunners === undefined ? {} : { maxRunners: Number(maxRunners) }),
    ...(bootSeconds === undefined ? {} : { bootMs: Number(bootSeconds) * 1000 }),
    jobsPerProject: projectLimits(settings),
  };
}

/** @throws Error for what is neither an address nor a network. */
function trustedProxies(text: string): string {
  for (const one of text.split(',')) {
    const [address = '', bits] = one.split('/');
    const family = isIP(address);
    if (family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128)) continue;
    throw new Error(`PREHEAT_TRUSTED_PROXIES: ${one} is neither an address nor a network such as 10.0.0.0/8`);
  }
  return text;
}

/** @throws Error naming each environment variable that is missing or wrong. */
export async function openApi(environment: Environment, parts: ApiParts, publicUrl = ''): Promise<FastifyInstance> {
  const context = await openApiContext(environment, parts, publicUrl);
  return (await import('./app.js')).appOf(context);
}

/** What the areas of the API share. @throws Error naming each environment variable that is missing or wrong. */
export async function openApiContext(environment: Environment, parts: ApiParts, publicUrl = ''): Promise<ApiContext> {
  const settings = readSettings(ApiSettings, { ...environment });
  const { PREHEAT_MAX_BODY_BYTES: maxBodyBytes, PREHEAT_REQUESTS_PER_MINUTE: perMinute } = settings;
  const { PREHEAT_ANSWER_LIMIT_SECONDS: answerSeconds, PREHEAT_TRUSTED_PROXIES: proxies } = settings;
  // Only where there is an API: workers and the sweeper start without it and what it is made of.
  const [{ apiContext }, { limitsUnder }] = await Promise.all([
    import('./api-context.js'),
    import('./plugins/limits.js'),
  ]);
  return apiContext(parts, {
    limits: {
      ...(maxBodyBytes === undefined ? {} : limitsUnder(Number(maxBodyBytes))),
      ...(perMinute === undefined ? {} : { requestsPerMinute: Number(perMinute) }),
    },
    apiKeys: settings.PREHEAT_API_KEY_HASHES === undefined ? [] : parseApiKeys(settings.PREHEAT_API_KEY_HASHES),
    publicUrl: settings.PREHEAT_PUBLIC_URL ?? publicUrl,
    runnerClasses: runnerClassesOf(settings),
    ...(proxies === undefined ? {} : { trustedProxies: trustedProxies(proxies) }),
    queue: parts.queueOptions,
    ...(answerSeconds === undefined ? {} : { answerLimitMs: Number(answerSeconds) * 1000 }),
  });
}
