/**
 * The evaluation function: takes evaluation runs from their queue, decodes and grades them with onnxruntime on the CPU.
 * One message at a time, so that a failing run never takes another one with it. A run that does not fit into one
 * invocation rings for its next part, hence the permission to send.
 */
import { bundledHandler } from './bundle.js';
import { storeEnvironment } from './environment.js';
import { functionDefaults } from './function-defaults.js';
import { deletePointers, ring, writeStore } from './permissions.js';
import { evaluationQueue } from './queue.js';
import { evaluation as settings } from './settings.js';

export const evaluation = evaluationQueue.subscribe(
  {
    ...bundledHandler('functions/src/lambda/evaluation.handler'),
    ...functionDefaults,
    memory: settings.memory,
    storage: settings.storage,
    timeout: settings.timeout,
    environment: storeEnvironment,
    permissions: [...writeStore, deletePointers, ring(evaluationQueue)],
  },
  {
    batch: { size: 1, partialResponses: true },
    transform: {
      eventSourceMapping: (args) => {
        args.scalingConfig = { maximumConcurrency: settings.concurrency };
      },
    },
  },
);
