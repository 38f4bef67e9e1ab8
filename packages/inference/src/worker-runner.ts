/** Runs graphs in a worker thread, so that this thread's event loop stays free and several cores decode at once. */
import type { Worker } from 'node:worker_threads';
import type { GraphRunner, RunOptions, RunResult, WeightBlock, WireTensor, WireTensors } from './graph-runner.js';
import type { ExecutionProvider } from './session-options.js';
import { spawnGraphWorker } from './spawn-graph-worker.js';
import type { WorkerReply, WorkerRequest } from './worker-protocol.js';

interface Pending {
  readonly resolve: (result: RunResult | undefined) => void;
  readonly reject: (error: Error) => void;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** The thread is gone, not the model: asking again opens another. */
export class DecodingThreadError extends Error {
  override readonly name = 'DecodingThreadError';
}

export class WorkerRunner implements GraphRunner {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #failure: Error | undefined;

  /** @param threads ONNX Runtime threads of each session in the worker. */
  constructor(threads: number, provider: ExecutionProvider = 'cpu') {
    this.#worker = spawnGraphWorker({ threads, provider });
    this.#worker.on('message', (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on('error', (error) =>
      this.#fail(new DecodingThreadError('decoding thread failed', { cause: error })),
    );
    this.#worker.on('exit', (code) => this.#fail(new DecodingThreadError(`decoding thread ended with code ${code}`)));
    // An idle pool must not keep the process alive; a pending request holds it through `ref`.
    this.#worker.unref();
  }

  get isUsable(): boolean {
    return this.#failure === undefined;
  }

  async load(name: string, model: Uint8Array): Promise<void> {
    await this.#request({ kind: 'load', name, model });
  }

  async setWeights(block: WeightBlock, version: number): Promise<void> {
    await this.#request({ kind: 'weights', block, version });
  }

  async setAdapter(adapter: string, block: WeightBlock | null): Promise<void> {
    await this.#request({ kind: 'adapter', adapter, block });
  }

  async run(
    name: string,
    feeds: WireTensors,
    fetches: readonly string[],
    { consumed = [], adapter = null }: RunOptions = {},
  ): Promise<RunResult> {
    const moved = consumed.map((feed) => (feeds[feed] as WireTensor).data.buffer as ArrayBuffer);
    return (await this.#request({ kind: 'run', name, feeds, fetches, adapter }, moved)) as RunResult;
  }

  async close(): Promise<void> {
    if (this.#failure) return;
    await this.#request({ kind: 'close' });
    this.#failure = new DecodingThreadError('decoding thread is closed');
    await this.#worker.terminate();
  }

  #request(request: WithoutId<WorkerRequest>, moved: readonly ArrayBuffer[] = []): Promise<RunResult | undefined> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ ...request, id }, moved);
    });
  }

  #settle(reply: WorkerReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.ok) pending?.resolve(reply.result);
    else pending?.reject(new Error(reply.message));
  }

  /** The thread is gone: everything waiting for it fails, and so does everything asked for later. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
