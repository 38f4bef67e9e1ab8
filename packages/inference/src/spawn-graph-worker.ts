/**
 * Starts the worker thread from whatever form this package runs in: the compiled file beside this one, or, when the
 * sources run directly (tests, `tsx`), the TypeScript file with tsx registered inside the thread.
 */
import { Worker } from 'node:worker_threads';
import type { WorkerSetup } from './worker-protocol.js';

export function spawnGraphWorker(setup: WorkerSetup): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./graph-worker.js', import.meta.url), { workerData: setup });
  }
  const entry = new URL('./graph-worker.ts', import.meta.url).href;
  const tsx = import.meta.resolve('tsx/esm/api');
  const bootstrap = `import(${JSON.stringify(tsx)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}); });`;
  return new Worker(bootstrap, { eval: true, workerData: setup });
}
