/** Assembles the parts from a platform that is open; every program of this package starts here. */
import { isIP } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { openPlatform, type Platform } from '@preheat/adapters/platform';
import {
  ApiSettings,
  FleetSettings,
  GraderSettings,
  parseRunnerClasses,
  projectLimits,
  readSettings,
  type RunnerClass,
} from '@preheat/contracts';
import { DecoderJudge, openGraders } from '@preheat/graders';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { JobStore } from '@preheat/jobs';
import type { FastifyInstance } from 'fastify';
import { parseApiKeys } from './access/key-directory.js';
import { Evals } from './evaluation/evals.js';
import { Runs } from './evaluation/runs.js';
import type { RunWorkerDependencies } from './evaluation/work-on-run.js';
import { localRunnerClass } from './fine-tuning/estimate/local-runner-class.js';
import type { QueueOptions } from './fine-tuning/queue/queue-outlook.js';
import { limitsUnder } from './plugins/limits.js';
import { DecoderServing } from './serving/decoder-serving.js';
import { ServedJudges } from './serving/judge-models.js';
import { httpSender } from './webhooks/http-sender.js';
import { WebhookDeliveries } from './webhooks/webhook-deliveries.js';
import { WebhookEndpoints } from './webhooks/webhook-endpoints.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a program holds: the parts, and the platform's end. */
export type Parts = RunWorkerDependencies &
  Pick<Platform, 'jobQueue' | 'runnerFleet' | 'close'> & {
    readonly webhooks: WebhookDeliveries;
    readonly orphanGraceMs: number;
    readonly queueOptions: QueueOptions;
  };

const DEFAULT_ORPHAN_GRACE_MS = 24 * 3_600_000;

/** Memory for loaded models: a fraction of a function's, and nothing to a server. */
const DECODER_BUDGET_BYTES = 1024 * 1024 * 1024;

/** Keys and values of rows that one decoder answers at a time: a share of the machine, since a call of the runtime copies them. */
const BATCH_CACHE_BYTES = totalmem() / 8;

/** Sandboxes of python graders at once: a process of about 170 MB each. */
const PYTHON_PROCESSES = 2;

/** A server keeps its event loop free of decoding; a function serves one request at a time and has nobody to wait. */
export const SERVER_DECODER_WORKERS = availableParallelism();
export const FUNCTION_DECODER_WORKERS = 0;

/** Connections that the system holds until they are looked at: those beyond are dropped unanswered, and clients wait seconds to try again. */
export const CONNECTION_BACKLOG = 4_096;

/** @throws Error naming each environment variable that is missing or wrong. */
export async function openParts(environment: Environment, program: string, decoderWorkers: number): Promise<Parts> {
  const settings = readSettings(FleetSettings, { ...environment });
  const platform = await openPlatform(settings, program);
  const models = new ModelRegistry(platform.store);
  const { clock } = platform;
  const memory = { budgetBytes: DECODER_BUDGET_BYTES, batchCacheBytes: BATCH_CACHE_BYTES };
  const decoders = new DecoderServing(models, { ...memory, workers: decoderWorkers, clock });
  const jobs = new JobStore({ ...platform, queue: platform.jobQueue });
  const graders = openGraders({
    settings: readSettings(GraderSettings, { ...environment }),
    clock: platform.clock,
    judge: new DecoderJudge(new ServedJudges(models, decoders)),
    pythonProcesses: PYTHON_PROCESSES,
  });
  const close = async (): Promise<void> => {
    graders.close();
    await decoders.close();
    await platform.close();
  };
  const orphanGraceMs = Number(settings.PREHEAT_ORPHAN_GRACE_MS ?? DEFAULT_ORPHAN_GRACE_MS);
  const queueOptions = queueOptionsOf(settings);
  const served = { models, decoders, jobs, graders: graders.pool };
  const shared = { ...platform, close, ...served, orphanGraceMs, queueOptions };
  const targets = settings.PREHEAT_WEBHOOK_TARGETS ?? (settings.PREHEAT_STORE === 'filesystem' ? 'any' : 'public');
  const sendWebhook = httpSender(targets);
  const webhooks = new WebhookDeliveries({ ...platform, sendWebhook }, new WebhookEndpoints(platform));
  return { ...shared, evals: new Evals(shared), runs: new Runs(platform), sendWebhook, webhooks };
}

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
export async function openApi(environment: Environment, parts: Parts, publicUrl = ''): Promise<FastifyInstance> {
  const settings = readSettings(ApiSettings, { ...environment });
  const { PREHEAT_MAX_BODY_BYTES: maxBodyBytes, PREHEAT_REQUESTS_PER_MINUTE: perMinute } = settings;
  const { PREHEAT_ANSWER_LIMIT_SECONDS: answerSeconds, PREHEAT_TRUSTED_PROXIES: proxies } = settings;
  // Only where there is an API: workers and the sweeper start without routes and what they are made of.
  const { createApp } = await import('./app.js');
  return createApp(parts, {
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
