// A lane in a thread of its own, so that this thread's event loop stays free and several cores compute at once.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import type { LaneMethod, LaneReply, LaneRequest } from './lane-protocol.js';
import type { Lane, LaneRun, SharedParameters } from './lane.js';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerLane implements Lane {
  readonly #worker = spawnLaneWorker();
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #failure: Error | undefined;

  constructor() {
    this.#worker.on('message', (reply: LaneReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(new Error('a training thread failed', { cause: error })));
    this.#worker.on('exit', (code) => this.#fail(new Error(`a training thread ended with code ${code}`)));
    // An idle thread must not keep the process alive; a pending request holds it through `ref`.
    this.#worker.unref();
  }

  get isUsable(): boolean {
    return this.#failure === undefined;
  }

  compile(program: number, model: Uint8Array, options: InferenceSession.SessionOptions): Promise<void> {
    return this.#request('compile', [program, model, options]);
  }

  release(program: number): Promise<void> {
    return this.#request('release', [program]);
  }

  attach(state: number, parameters: SharedParameters): Promise<void> {
    return this.#request('attach', [state, parameters]);
  }

  detach(state: number): Promise<void> {
    return this.#request('detach', [state]);
  }

  run(request: LaneRun): Promise<Record<string, Float32Array>> {
    return this.#request('run', [request]);
  }

  async close(): Promise<void> {
    if (this.#failure) return;
    await this.#request('close', []);
    this.#failure = new Error('this training thread is closed');
    await this.#worker.terminate();
  }

  #request<M extends LaneMethod>(method: M, args: LaneRequest<M>['args']): ReturnType<Lane[M]> {
    const reply = new Promise<unknown>((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      const request: LaneRequest<M> = { id: this.#nextId++, method, args };
      this.#pending.set(request.id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
    // The thread calls the method of the same name, so the reply has its type.
    return reply as ReturnType<Lane[M]>;
  }

  #settle(reply: LaneReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.ok) pending?.resolve(reply.result);
    else pending?.reject(new Error(reply.message));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}

/**
 * Starts the compiled file, or, when the sources run directly (tests, `tsx`), the TypeScript file with tsx registered. As CommonJS:
 * for modules, tsx starts a second thread beside this one, which costs three times as much.
 */
function spawnLaneWorker(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./lane-worker.js', import.meta.url));
  const entry = fileURLToPath(new URL('./lane-worker.ts', import.meta.url));
  const tsx = createRequire(import.meta.url).resolve('tsx/cjs/api');
  return new Worker(`require(${JSON.stringify(tsx)}).register(); require(${JSON.stringify(entry)});`, { eval: true });
}
