/**
 * The HTTP functions: one Fastify app behind response-streaming function URLs (job events are server-sent events).
 * It is shipped twice. `Api` carries no model runtime: its cold start is what a user waits for. `Inference` carries
 * onnxruntime and more memory, and gets only the paths that decode.
 */
import { bundledHandler } from './bundle.js';
import { edge } from './edge.js';
import { httpEnvironment } from './environment.js';
import { functionDefaults } from './function-defaults.js';
import { deleteObjects, ring, writeStore } from './permissions.js';
import { evaluationQueue, workQueue } from './queue.js';
import { api as apiSettings, inference as inferenceSettings } from './settings.js';

const HANDLER = 'functions/src/lambda/api.handler';

/** Provisioned concurrency, which AWS bills by the hour: only where it is asked for. */
function keptStarted(provisioned: number): Pick<sst.aws.FunctionArgs, 'concurrency'> {
  return provisioned === 0 ? {} : { concurrency: { provisioned } };
}

const shared = {
  ...functionDefaults,
  streaming: true,
  environment: httpEnvironment(edge.url),
  permissions: [...writeStore, deleteObjects, ring(workQueue, evaluationQueue)],
};

export const api = new sst.aws.Function('Api', {
  ...shared,
  ...bundledHandler(HANDLER),
  memory: apiSettings.memory,
  ...keptStarted(apiSettings.provisioned),
  timeout: apiSettings.timeout,
  url: { cors: false, router: { instance: edge, readTimeout: apiSettings.readTimeout } },
});

export const inference = new sst.aws.Function('Inference', {
  ...shared,
  ...bundledHandler(HANDLER, 'inference'),
  memory: inferenceSettings.memory,
  ...keptStarted(inferenceSettings.provisioned),
  timeout: inferenceSettings.timeout,
  url: { cors: false },
});

for (const path of inferenceSettings.paths) {
  edge.route(path, inference.url, { readTimeout: apiSettings.readTimeout });
}
