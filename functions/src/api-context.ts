/** What the areas of the API share in one process: the parts, what was set, and what the process counts and remembers of its callers. */
import type { RunnerClass } from '@preheat/contracts';
import { ApiKeys } from './access/api-keys.js';
import { type ApiKey, KeyDirectory } from './access/key-directory.js';
import { type Patience, patience } from './chat/patience.js';
import type { ApiDependencies } from './dependencies.js';
import { localRunnerClass } from './fine-tuning/estimate/local-runner-class.js';
import type { QueueOptions } from './fine-tuning/queue/queue-outlook.js';
import { Admission } from './plugins/admission.js';
import { FailedKeys } from './plugins/failed-keys.js';
import { DEFAULT_LIMITS, type Limits } from './plugins/limits.js';
import { MinuteCounts } from './plugins/minute-counts.js';
import { StreamSlots } from './plugins/stream-slots.js';

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
}

export interface ApiContext {
  readonly deps: ApiDependencies;
  readonly limits: Limits;
  readonly trustedProxies: string | false;
  readonly publicUrl: string;
  readonly runnerClasses: readonly RunnerClass[];
  readonly queue: QueueOptions;
  readonly patience: Patience;
  readonly keys: ApiKeys;
  readonly directory: KeyDirectory;
  readonly failedKeys: FailedKeys;
  readonly requests: MinuteCounts;
  readonly admission: Admission;
  readonly streamSlots: StreamSlots;
}

export function apiContext(deps: ApiDependencies, options: AppOptions): ApiContext {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const keys = new ApiKeys(deps);
  return {
    deps,
    limits,
    trustedProxies: options.trustedProxies ?? false,
    publicUrl: options.publicUrl ?? '',
    runnerClasses: options.runnerClasses ?? [localRunnerClass()],
    queue: options.queue ?? {},
    patience: patience(options.answerLimitMs),
    keys,
    directory: new KeyDirectory(options.apiKeys, keys, deps.clock),
    failedKeys: new FailedKeys(deps.clock, limits.requestsPerMinute),
    requests: new MinuteCounts(deps.clock),
    admission: new Admission(limits),
    streamSlots: new StreamSlots(limits),
  };
}
