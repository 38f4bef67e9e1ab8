/**
 * Runs graphs on ONNX Runtime in this thread. `onnxruntime-node` computes synchronously, so the event loop stands
 * still during a run: servers that must keep answering use worker threads.
 */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import type { GraphRunner, RunResult, WeightBlock, WireTensor, WireTensors } from './graph-runner.js';
import { type ExecutionProvider, sessionOptions } from './session-options.js';

export class LocalRunner implements GraphRunner {
  readonly #threads: number;
  readonly #provider: ExecutionProvider;
  readonly #graphs = new Map<string, ort.InferenceSession>();
  /** This runner's own copy, and the tensors over it: ONNX Runtime's binding refuses shared memory. */
  #weights: { readonly flat: Float32Array; readonly tensors: ReadonlyMap<string, ort.Tensor> } | null = null;
  #version = 0;
  readonly isUsable = true;
  /** Tail of the queue: one operation at a time, so a session is never released under a run. */
  #tail: Promise<unknown> = Promise.resolve();

  /** @param threads ONNX Runtime threads of each session. */
  constructor(threads: number, provider: ExecutionProvider = 'cpu') {
    this.#threads = threads;
    this.#provider = provider;
  }

  load(name: string, model: Uint8Array): Promise<void> {
    return this.#inOrder(async () => {
      const session = await ort.InferenceSession.create(unshared(model), sessionOptions(this.#threads, this.#provider));
      const previous = this.#graphs.get(name);
      this.#graphs.set(name, session);
      await previous?.release();
    });
  }

  setWeights({ flat, weights }: WeightBlock, version: number): Promise<void> {
    return this.#inOrder(async () => {
      this.#weights ??= ownWeights(flat.length, weights);
      this.#weights.flat.set(flat);
      this.#version = version;
    });
  }

  run(name: string, feeds: WireTensors, fetches: readonly string[]): Promise<RunResult> {
    return this.#inOrder(async () => {
      const session = this.#graphs.get(name);
      if (!session) throw new Error(`no graph called ${name} is loaded`);
      const inputs = session.inputNames.map((input) => {
        const feed = feeds[input];
        const tensor = feed ? new ort.Tensor(feed.type, feed.data, feed.dims) : this.#weights?.tensors.get(input);
        if (!tensor) throw new Error(`graph ${name} wants an input ${input}, which nothing gives`);
        return [input, tensor] as const;
      });
      const results = await session.run(Object.fromEntries(inputs), [...fetches]);
      const outputs = fetches.map((key) => [key, toWire(results[key] as ort.Tensor)]);
      return { outputs: Object.fromEntries(outputs), version: this.#version };
    });
  }

  close(): Promise<void> {
    return this.#inOrder(async () => {
      const sessions = [...this.#graphs.values()];
      this.#graphs.clear();
      for (const session of sessions) await session.release();
    });
  }

  #inOrder<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(operation);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

function ownWeights(
  length: number,
  weights: WeightBlock['weights'],
): { flat: Float32Array; tensors: Map<string, ort.Tensor> } {
  const flat = new Float32Array(length);
  const tensors = weights.map(({ name, shape, start }) => {
    const size = shape.reduce((product, each) => product * each, 1);
    return [name, new ort.Tensor('float32', flat.subarray(start, start + size), shape)] as const;
  });
  return { flat, tensors: new Map(tensors) };
}

function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof SharedArrayBuffer ? new Uint8Array(bytes) : bytes;
}

function toWire({ type, data, dims }: ort.Tensor): WireTensor {
  return { type, data, dims } as WireTensor;
}
