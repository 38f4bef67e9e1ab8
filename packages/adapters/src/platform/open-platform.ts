/**
 * The ports as the settings say: one directory of this machine, or S3 and SQS. The only place that chooses; every program
 * opens its platform here, and what was not chosen is never loaded.
 */
import type { StoreSettings } from '@preheat/contracts';
import type { Clock, DirectUploads, Ids, JsonValue, Log, ObjectStore, RunnerFleet, WorkQueue } from '@preheat/ports';
import { join } from 'node:path';
import { JsonLog } from '../system/json-log.js';
import { systemClock } from '../system/system-clock.js';
import { SystemIds } from '../system/system-ids.js';

export interface Platform {
  readonly store: ObjectStore;
  /** Absent where clients cannot reach the store. */
  readonly directUploads?: DirectUploads;
  /** Doorbell of the runners. */
  readonly jobQueue: WorkQueue<JsonValue>;
  /** Doorbell of the evaluation workers. */
  readonly evaluationQueue: WorkQueue<JsonValue>;
  /** Absent where runners are started by hand. */
  readonly runnerFleet?: RunnerFleet;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Gives back what the adapters hold; state stays. */
  close(): Promise<void>;
}

type Outside = Pick<Platform, 'store' | 'directUploads' | 'jobQueue' | 'evaluationQueue' | 'runnerFleet' | 'close'>;

/** @param program Name of the process, in every line it logs. @throws Error naming the setting that is missing. */
export async function openPlatform(settings: StoreSettings, program: string): Promise<Platform> {
  const log = JsonLog.open({ level: settings.PREHEAT_LOG_LEVEL ?? 'info', fields: { program } });
  const outside = settings.PREHEAT_STORE === 'aws' ? await openAws(settings, log) : await openDirectory(settings);
  return { ...outside, clock: systemClock, ids: new SystemIds({ clock: systemClock }), log };
}

async function openDirectory(settings: StoreSettings): Promise<Outside> {
  const root = required(settings, 'PREHEAT_DATA_DIR');
  const { FilesystemObjectStore, FilesystemWorkQueue, QueueOnUse } = await import('../filesystem/index.js');
  const options = { clock: systemClock };
  const queue = (name: string) =>
    new QueueOnUse(() => FilesystemWorkQueue.open<JsonValue>(join(root, 'queues', name), options));
  const store = await FilesystemObjectStore.open(join(root, 'store'), options);
  const [jobQueue, evaluationQueue] = [queue('jobs'), queue('evaluations')];
  const close = async () => {
    await Promise.all([store.close(), jobQueue.close(), evaluationQueue.close()]);
  };
  return { store, jobQueue, evaluationQueue, close };
}

async function openAws(settings: StoreSettings, log: Log): Promise<Outside> {
  const { EcsRunnerFleet, S3DirectUploads, S3ObjectStore, SqsWorkQueue } = await import('../aws/index.js');
  const region = required(settings, 'AWS_REGION');
  const at = (endpoint: string | undefined) => ({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  const queues = at(settings.AWS_ENDPOINT_URL_SQS ?? settings.AWS_ENDPOINT_URL);
  const queue = (queueUrl: string) => new SqsWorkQueue<JsonValue>({ ...queues, queueUrl, log });
  const bucket = { ...at(settings.AWS_ENDPOINT_URL), bucket: required(settings, 'PREHEAT_BUCKET') };
  const store = new S3ObjectStore(bucket);
  const directUploads = new S3DirectUploads(bucket);
  const jobQueue = queue(required(settings, 'PREHEAT_QUEUE_URL'));
  const evaluationQueue = queue(required(settings, 'PREHEAT_EVALUATION_QUEUE_URL'));
  const { PREHEAT_RUNNER_SERVICE: service } = settings;
  const ecs = at(settings.AWS_ENDPOINT_URL_ECS ?? settings.AWS_ENDPOINT_URL);
  const fleet = service === undefined ? {} : { runnerFleet: new EcsRunnerFleet({ ...ecs, service }) };
  const close = async () => {
    for (const client of [store, directUploads, jobQueue, evaluationQueue]) client.close();
  };
  return { store, directUploads, jobQueue, evaluationQueue, ...fleet, close };
}

function required(settings: StoreSettings, name: keyof StoreSettings): string {
  const value = settings[name];
  if (value === undefined) throw new Error(`PREHEAT_STORE=${settings.PREHEAT_STORE} needs ${name} to be set`);
  return value;
}
