/**
 * Starts the worker thread from whatever form this package runs in: the compiled file beside this one, or, when the
 * sources run directly (tests, `tsx`), the TypeScript file with tsx registered inside the thread. As CommonJS: for modules, tsx
 * starts a second thread beside this one, which costs three times as much.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerSetup } from './worker-protocol.js';

export function spawnGraphWorker(setup: WorkerSetup): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./graph-worker.js', import.meta.url), { workerData: setup });
  }
  const entry = fileURLToPath(new URL('./graph-worker.ts', import.meta.url));
  const tsx = createRequire(import.meta.url).resolve('tsx/cjs/api');
  const bootstrap = `require(${JSON.stringify(tsx)}).register(); require(${JSON.stringify(entry)});`;
  return new Worker(bootstrap, { eval: true, workerData: setup });
}
