/**
 * The graphs of one decoder in every runner, made when first used, and its weights, which are inputs of all of them. They
 * are copied on arrival into one shared array: a trainer goes on to change its buffers in place, and runners in other
 * threads take their copies from there.
 */
import {
  type LoraAdapter,
  type ServingGraphKind,
  servedAdapter,
  servedWeightCount,
  servedWeights,
  servingGraph,
  type TensorMap,
  writeServedWeights,
} from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import type { GraphRunner } from './graph-runner.js';

const FLOAT_BYTES = 4;

export class DecoderGraphs {
  readonly config: DecoderConfig;
  readonly runners: readonly GraphRunner[];
  readonly #weights: Float32Array;
  #version: number;
  /** The weights as the runners have them; a failed update is tried again by the next use. */
  #weighing: Promise<unknown> | null = null;
  readonly #loaded = new Map<string, Promise<unknown>>();
  readonly #adapters = new Set<string>();

  constructor(config: DecoderConfig, tensors: TensorMap, version: number, runners: readonly GraphRunner[]) {
    this.config = config;
    this.runners = runners;
    this.#weights = new Float32Array(new SharedArrayBuffer(FLOAT_BYTES * servedWeightCount(config)));
    writeServedWeights(config, tensors, this.#weights);
    this.#version = version;
  }

  /** The version of the newest weights. */
  get version(): number {
    return this.#version;
  }

  /** Resolves to the name of the graph of `kind` when it and the current weights are in every runner. */
  async ensure(kind: ServingGraphKind, adapter: string | null): Promise<string> {
    this.#weighing ??= this.#send();
    const name = adapter === null ? kind : `${kind}+adapter`;
    let loading = this.#loaded.get(name);
    if (!loading) {
      loading = this.#load(name, kind, adapter !== null);
      this.#loaded.set(name, loading);
      // A failed load is forgotten, so that the next call tries again instead of repeating an old error.
      loading.catch(() => this.#loaded.delete(name));
    }
    await Promise.all([this.#weighing, loading]);
    return name;
  }

  hasAdapter(name: string): boolean {
    return this.#adapters.has(name);
  }

  /** @throws LoraAdapterError when it does not fit the model, RangeError for a name that is taken. */
  async addAdapter(name: string, adapter: LoraAdapter): Promise<void> {
    if (this.#adapters.has(name)) throw new RangeError(`there is an adapter called ${name} already`);
    const block = servedAdapter(this.config, adapter);
    await Promise.all(this.runners.map((runner) => runner.setAdapter(name, block)));
    this.#adapters.add(name);
  }

  async removeAdapter(name: string): Promise<void> {
    this.#adapters.delete(name);
    await Promise.all(this.runners.map((runner) => runner.setAdapter(name, null)));
  }

  /** Replaces the weights; resolves when every runner has them. Runs asked for earlier finish on the old ones. */
  async update(tensors: TensorMap, version: number): Promise<void> {
    // Runners copy from the shared array: it must not change under a copy that is still under way.
    await this.#weighing?.catch(() => undefined);
    writeServedWeights(this.config, tensors, this.#weights);
    this.#version = version;
    this.#weighing = this.#send();
    await this.#weighing;
  }

  async close(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.close()));
  }

  async #send(): Promise<void> {
    const block = { flat: this.#weights, weights: servedWeights(this.config) };
    const version = this.#version;
    const sending = Promise.all(this.runners.map((runner) => runner.setWeights(block, version)));
    sending.catch(() => {
      this.#weighing = null;
    });
    await sending;
  }

  async #load(name: string, kind: ServingGraphKind, isAdapted: boolean): Promise<void> {
    const model = share(servingGraph(this.config, kind, isAdapted));
    await Promise.all(this.runners.map((runner) => runner.load(name, model)));
  }
}

/** Bytes of weights a decoder with this many runners holds: the shared copy, and one in each runner. */
export function decoderBytes(config: DecoderConfig, runners: number): number {
  return FLOAT_BYTES * servedWeightCount(config) * (1 + runners);
}

/** One copy in shared memory, however many threads read it. */
function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  shared.set(bytes);
  return shared;
}
