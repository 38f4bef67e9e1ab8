/**
 * The environment variables that the parts of the platform read (decoded by packages/contracts), and the secrets.
 * Plain variables instead of SST links: a link grants `s3:*` and `sqs:*`, and code that reads variables runs unchanged
 * against a local store.
 */
import { evaluationQueue, workQueue } from './queue.js';
import { embeddingsKey, functionBodyBytes, inference, passedOn, runner, runnerClass } from './settings.js';
import { bucket } from './storage.js';

/** `sha256hex:projectId` pairs of the accepted API keys, comma-separated: `sst secret set ApiKeyHashes <pairs>`. */
const apiKeyHashes = new sst.Secret('ApiKeyHashes');

const SECONDS_PER_MINUTE = 60;
export const coldStartSeconds = String(runner.coldStartMinutes * SECONDS_PER_MINUTE);

/** Where the state lives, and what holds everywhere: what functions and runner share. */
export const storeEnvironment = {
  PREHEAT_STORE: 'aws',
  PREHEAT_BUCKET: bucket.name,
  PREHEAT_QUEUE_URL: workQueue.url,
  PREHEAT_EVALUATION_QUEUE_URL: evaluationQueue.url,
  PREHEAT_STAGE: $app.stage,
  ...passedOn,
  ...(embeddingsKey ? { PREHEAT_EMBEDDINGS_API_KEY: $util.secret(embeddingsKey) } : {}),
};

/** For functions that wait for models: they say that one is not there before AWS stops them. */
export const answerLimit = { PREHEAT_ANSWER_LIMIT_SECONDS: String(inference.timeoutSeconds) };

/** For functions that answer HTTP; `publicUrl` is what clients call. */
export function httpEnvironment(publicUrl: $util.Input<string>) {
  return {
    ...storeEnvironment,
    PREHEAT_API_KEY_HASHES: apiKeyHashes.value,
    PREHEAT_PUBLIC_URL: publicUrl,
    PREHEAT_MAX_BODY_BYTES: String(functionBodyBytes),
    PREHEAT_RUNNER_CLASSES: JSON.stringify([runnerClass]),
    PREHEAT_MAX_RUNNERS: String(runner.maxRunners),
    PREHEAT_COLD_START_SECONDS: coldStartSeconds,
  };
}
