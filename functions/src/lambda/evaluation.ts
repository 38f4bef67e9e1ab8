/** Lambda entry of the evaluation worker: works on the runs that queue messages name, and hands over before time is up. */
import { WorkerRunner } from '@preheat/inference/worker-runner';
import type { Environment } from '../api-parts.js';
import { openParts } from '../composition.js';
import { queueHandler } from './queue-messages.js';
import { tellStart } from './tell-start.js';

/** ONNX Runtime threads of a session, as decoders have them unless told. */
const SESSION_THREADS = 1;

export async function open(environment: Environment, compiledCode?: () => string) {
  // Every run but those without a model decodes: the runtime is loaded beside all else that a start does.
  const threadAhead = new WorkerRunner(SESSION_THREADS);
  const parts = await openParts(environment, 'evaluation', { workers: 1, threadAhead });
  tellStart(parts.log, compiledCode);
  return { handler: queueHandler(parts) };
}
