/**
 * Runs graphs on ONNX Runtime in this thread. `onnxruntime-node` computes synchronously, so the event loop stands
 * still during a run: servers that must keep answering use worker threads.
 */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import type { GraphRunner, RunOptions, RunResult, WeightBlock, WireTensor, WireTensors } from './graph-runner.js';
import { type ExecutionProvider, sessionOptions } from './session-options.js';

/** An ONNX model (IR 10, opset 21) of one node, `y = Identity(x)`, both float32: the runtime refuses one without any. */
const SMALLEST_MODEL = Buffer.from('CAo6KwoQCgF4EgF5IghJZGVudGl0eRIBZ1oJCgF4EgQKAggBYgkKAXkSBAoCCAFCAhAV', 'base64');

interface OwnWeights {
  readonly flat: Float32Array;
  readonly tensors: ReadonlyMap<string, ort.Tensor>;
}

export class LocalRunner implements GraphRunner {
  readonly #threads: number;
  readonly #provider: ExecutionProvider;
  readonly #graphs = new Map<string, ort.InferenceSession>();
  /** This runner's own copy, and the tensors over it: ONNX Runtime's binding refuses shared memory. */
  #weights: OwnWeights | null = null;
  readonly #adapters = new Map<string, OwnWeights>();
  #version = 0;
  readonly isUsable = true;
  /** Tail of the queue: one operation at a time, so a session is never released under a run. */
  #tail: Promise<unknown> = Promise.resolve();

  /** @param threads ONNX Runtime threads of each session. */
  constructor(threads: number, provider: ExecutionProvider = 'cpu') {
    this.#threads = threads;
    this.#provider = provider;
  }

  /** Does ahead what the first session of a process takes beyond the next ones: operators are registered, and memory is set up. */
  loadRuntime(): Promise<void> {
    return this.#inOrder(async () => {
      const session = await ort.InferenceSession.create(SMALLEST_MODEL, sessionOptions(this.#threads, this.#provider));
      await session.release();
    });
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

  setAdapter(adapter: string, block: WeightBlock | null): Promise<void> {
    return this.#inOrder(async () => {
      this.#adapters.delete(adapter);
      if (block === null) return;
      const own = ownWeights(block.flat.length, block.weights);
      own.flat.set(block.flat);
      this.#adapters.set(adapter, own);
    });
  }

  run(
    name: string,
    feeds: WireTensors,
    fetches: readonly string[],
    { adapter = null }: RunOptions = {},
  ): Promise<RunResult> {
    return this.#inOrder(async () => {
      const session = this.#graphs.get(name);
      if (!session) throw new Error(`no graph called ${name} is loaded`);
      const adapted = adapter === null ? undefined : this.#adapters.get(adapter)?.tensors;
      const inputs = session.inputNames.map((input) => {
        const feed = feeds[input];
        const stored = adapted?.get(input) ?? this.#weights?.tensors.get(input);
        const tensor = feed ? new ort.Tensor(feed.type, feed.data, feed.dims) : stored;
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

function ownWeights(length: number, weights: WeightBlock['weights']): OwnWeights {
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
