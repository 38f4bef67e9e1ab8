/**
 * The HTTP functions: one Fastify app behind response-streaming function URLs (job events are server-sent events).
 * It is shipped twice. `Api` carries no model runtime: its cold start is what a user waits for. `Inference` carries
 * onnxruntime and more memory, and gets only the paths that decode.
 */
import { bundledHandler } from './bundle.js';
import { edge } from './edge.js';
import { answerLimit, httpEnvironment } from './environment.js';
import { functionDefaults } from './function-defaults.js';
import { deleteObjects, ring, writeStore } from './permissions.js';
import { isPublished, publicUrl } from './public-url.js';
import { evaluationQueue, workQueue } from './queue.js';
import { api as apiSettings, inference as inferenceSettings } from './settings.js';

const HANDLER = 'functions/src/lambda/api.handler';

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
  versioning: isPublished(apiSettings.provisioned),
  timeout: apiSettings.timeout,
  url: isPublished(apiSettings.provisioned)
    ? false
    : { cors: false, router: { instance: edge, readTimeout: apiSettings.readTimeout } },
});
if (isPublished(apiSettings.provisioned)) {
  edge.route('/', publicUrl('Api', api, apiSettings.provisioned), { readTimeout: apiSettings.readTimeout });
}

export const inference = new sst.aws.Function('Inference', {
  ...shared,
  ...bundledHandler(HANDLER, 'inference'),
  memory: inferenceSettings.memory,
  versioning: isPublished(inferenceSettings.provisioned),
  timeout: `${inferenceSettings.timeoutSeconds} seconds`,
  environment: { ...shared.environment, ...answerLimit },
  url: isPublished(inferenceSettings.provisioned) ? false : { cors: false },
});

const inferenceUrl = publicUrl('Inference', inference, inferenceSettings.provisioned);
for (const path of inferenceSettings.paths) {
  edge.route(path, inferenceUrl, { readTimeout: apiSettings.readTimeout });
}
