/**
 * Runs graphs on ONNX Runtime in this thread. `onnxruntime-node` computes synchronously, so the event loop stands
 * still during a run: servers that must keep answering use worker threads.
 */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import type { GraphRunner, RunResult, WireTensor, WireTensors } from './graph-runner.js';
import { type ExecutionProvider, sessionOptions } from './session-options.js';

interface Loaded {
  readonly session: ort.InferenceSession;
  readonly version: number;
}

export class LocalRunner implements GraphRunner {
  readonly #threads: number;
  readonly #provider: ExecutionProvider;
  readonly #graphs = new Map<string, Loaded>();
  readonly isUsable = true;
  /** Tail of the queue: one operation at a time, so a session is never released under a run. */
  #tail: Promise<unknown> = Promise.resolve();

  /** @param threads ONNX Runtime threads of each session. */
  constructor(threads: number, provider: ExecutionProvider = 'cpu') {
    this.#threads = threads;
    this.#provider = provider;
  }

  load(name: string, model: Uint8Array, version: number): Promise<void> {
    return this.#inOrder(async () => {
      const session = await ort.InferenceSession.create(unshared(model), sessionOptions(this.#threads, this.#provider));
      const previous = this.#graphs.get(name);
      this.#graphs.set(name, { session, version });
      await previous?.session.release();
    });
  }

  run(name: string, feeds: WireTensors, fetches: readonly string[]): Promise<RunResult> {
    return this.#inOrder(async () => {
      const graph = this.#graphs.get(name);
      if (!graph) throw new Error(`no graph called ${name} is loaded`);
      const tensors = Object.entries(feeds).map(([key, { type, data, dims }]) => [
        key,
        new ort.Tensor(type, data, dims),
      ]);
      const results = await graph.session.run(Object.fromEntries(tensors), [...fetches]);
      const outputs = fetches.map((key) => [key, toWire(results[key] as ort.Tensor)]);
      return { outputs: Object.fromEntries(outputs), version: graph.version };
    });
  }

  close(): Promise<void> {
    return this.#inOrder(async () => {
      const sessions = [...this.#graphs.values()];
      this.#graphs.clear();
      for (const { session } of sessions) await session.release();
    });
  }

  #inOrder<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(operation);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** ONNX Runtime's binding refuses shared memory. */
function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof SharedArrayBuffer ? new Uint8Array(bytes) : bytes;
}

function toWire({ type, data, dims }: ort.Tensor): WireTensor {
  return { type, data, dims } as WireTensor;
}
