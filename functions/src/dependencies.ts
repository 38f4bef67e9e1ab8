/** Everything the API needs from outside, as ports: tests pass the memory adapters, processes pass what settings name. */
import type { GraderPool } from '@preheat/graders';
import type { ModelRegistry } from '@preheat/inference/model-registry';
import type { JobStore } from '@preheat/jobs';
import type { Clock, DirectUploads, Ids, JsonValue, Log, ObjectStore, WorkQueue } from '@preheat/ports';
import type { QueueFacts } from './fine-tuning/queue/queue-facts.js';
import type { CheckpointWarmer } from './serving/checkpoint-warmer.js';
import type { DecoderServing } from './serving/decoder-serving.js';
import type { WebhookSender } from './webhooks/webhook-sender.js';

/** The pool of this process. */
export type OpenGraders = () => Promise<GraderPool>;

export interface ApiDependencies {
  readonly store: ObjectStore;
  /** Absent where clients cannot reach the store. */
  readonly directUploads?: DirectUploads;
  readonly evaluationQueue: WorkQueue<JsonValue>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly jobs: JobStore;
  readonly models: ModelRegistry;
  readonly decoders: DecoderServing;
  /** What grades: loaded where something is to be graded. */
  readonly openGraders: OpenGraders;
  readonly sendWebhook: WebhookSender;
  /** Told of every job that is looked at; absent where nothing is warmed, as in functions. */
  readonly warmer?: CheckpointWarmer;
  /** What the process holds of the queue between requests. Default: the app has its own. */
  readonly queueFacts?: QueueFacts;
}
