/**
 * The API on memory adapters, a virtual clock and predictable ids. Every successful JSON answer is checked against the
 * schema its route declares, so a test cannot pass with an answer that the OpenAPI document does not allow.
 */
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { DecoderJudge, type OpenGraders, openGraders } from '@preheat/graders';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { JobStore } from '@preheat/jobs';
import { type Ids, type JsonValue, type Log, VirtualClock } from '@preheat/ports';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { TSchema } from 'typebox';
import { hashOfKey } from '../access/api-keys.js';
import type { AppOptions } from '../api-context.js';
import { createApp } from '../app.js';
import type { ApiDependencies } from '../dependencies.js';
import { CheckpointWarmer } from '../serving/checkpoint-warmer.js';
import { DecoderServing } from '../serving/decoder-serving.js';
import { ServedJudges } from '../serving/judge-models.js';
import { explain } from '../validation/explain.js';
import type { Delivery, DeliveryOutcome, WebhookSender } from '../webhooks/webhook-sender.js';
import { multipartBody } from './multipart.js';
import { publishTinyBundle, TINY_MODELS } from './tiny-models.js';

export const KEY = 'sk-test-one';
export const OTHER_KEY = 'sk-test-two';
const START_MS = Date.UTC(2030, 0, 1);

type Receiver = (delivery: Delivery) => DeliveryOutcome;

export interface ApiUnderTest {
  readonly app: FastifyInstance;
  readonly deps: ApiDependencies;
  readonly clock: VirtualClock;
  readonly logged: { level: string; message: string; fields: object | undefined }[];
  /** What was sent to webhook endpoints. */
  readonly delivered: Delivery[];
  /** How endpoints answer from now on; 200 until then. */
  receiveWebhooksBy(receiver: Receiver): void;
  /** A request with the first project's key. */
  call(options: InjectOptions & { key?: string }): Promise<LightMyRequestResponse>;
  /** Uploads text and returns the file's id. */
  upload(content: string, purpose: string, filename?: string): Promise<string>;
}

export async function startApi(options: Partial<AppOptions> = {}): Promise<ApiUnderTest> {
  const clock = new VirtualClock(START_MS);
  const logged: ApiUnderTest['logged'] = [];
  const delivered: Delivery[] = [];
  let receiver: Receiver = () => ({ kind: 'answered', status: 200 });
  const { graders, ...parts } = memoryDependencies(clock, recordingLog(logged), (delivery) => {
    delivered.push(delivery);
    return receiver(delivery);
  });
  const deps = { ...parts, openGraders: () => Promise.resolve(graders.pool) };
  const apiKeys = [
    { hash: Buffer.from(hashOfKey(KEY), 'hex'), projectId: 'proj-one' },
    { hash: Buffer.from(hashOfKey(OTHER_KEY), 'hex'), projectId: 'proj-two' },
  ];
  await publishTinyBundle(deps.store);
  const app = await createApp(deps, { apiKeys, ...options });
  app.addHook('onClose', () => {
    graders.close();
    return deps.decoders.close();
  });
  checkAnswers(app);
  const call: ApiUnderTest['call'] = async ({ key = KEY, ...request }) =>
    app.inject({ ...request, headers: { authorization: `Bearer ${key}`, ...request.headers } });
  const upload: ApiUnderTest['upload'] = async (content, purpose, filename = 'data.jsonl') => {
    const form = multipartBody([
      { field: 'purpose', value: purpose },
      { field: 'file', filename, content },
    ]);
    const response = await call({ method: 'POST', url: '/v1/files', ...form });
    if (response.statusCode !== 200) throw new Error(response.body);
    return (response.json() as { id: string }).id;
  };
  const receiveWebhooksBy = (next: Receiver): void => void (receiver = next);
  return { app, deps, clock, logged, delivered, receiveWebhooksBy, call, upload };
}

function memoryDependencies(
  clock: VirtualClock,
  log: Log,
  receiver: Receiver,
): Omit<ApiDependencies, 'openGraders'> & { graders: OpenGraders } {
  const store = new MemoryObjectStore({ clock });
  const queue = new MemoryWorkQueue<JsonValue>({ clock });
  const evaluationQueue = new MemoryWorkQueue<JsonValue>({ clock });
  const ids = countingIds();
  const jobs = new JobStore({ store, queue, clock, ids, log });
  const models = new ModelRegistry(store, TINY_MODELS);
  const decoders = new DecoderServing(models, { budgetBytes: 64 * 1024 * 1024, workers: 1, clock });
  const judge = new DecoderJudge(new ServedJudges(models, decoders));
  const graders = openGraders({ settings: {}, clock, judge, pythonProcesses: 1 });
  const sendWebhook: WebhookSender = async (delivery) => receiver(delivery);
  const warmer = new CheckpointWarmer({ models, decoders, log });
  return { store, evaluationQueue, clock, ids, log, jobs, models, decoders, warmer, graders, sendWebhook };
}

function countingIds(): Ids {
  let count = 0;
  return { next: (prefix) => prefix + String(++count).padStart(6, '0') };
}

export function recordingLog(logged: ApiUnderTest['logged']): Log {
  const at = (level: string) => (message: string, fields?: object) => void logged.push({ level, message, fields });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}

function checkAnswers(app: FastifyInstance): void {
  app.addHook('preSerialization', async (request, reply, payload) => {
    const declared = (request.routeOptions.schema?.response ?? {}) as Record<number, TSchema | undefined>;
    const schema = declared[reply.statusCode];
    const problem = schema && !('content' in schema) && explain(schema, payload);
    if (!problem) return payload;
    throw new Error(`answer of ${request.routeOptions.url} does not fit: ${problem.path} ${problem.message}`);
  });
}
