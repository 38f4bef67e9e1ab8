/**
 * The ONNX graphs of one decoder, made when first used and loaded into every runner. Weights are copied on arrival:
 * a trainer goes on to change its buffers in place, and a graph made later must still be of the version it claims.
 */
import { type DecoderGraphKind, decoderToOnnx, type Tensor, type TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, parameterCount } from '@preheat/contracts';
import type { GraphRunner } from './graph-runner.js';

export class DecoderGraphs {
  readonly config: DecoderConfig;
  readonly runners: readonly GraphRunner[];
  #tensors: TensorMap;
  #version: number;
  readonly #loaded = new Map<DecoderGraphKind, Promise<unknown>>();

  constructor(config: DecoderConfig, tensors: TensorMap, version: number, runners: readonly GraphRunner[]) {
    this.config = config;
    this.runners = runners;
    this.#tensors = copyTensors(tensors);
    this.#version = version;
  }

  /** The version of the weights that graphs loaded from now on have. */
  get version(): number {
    return this.#version;
  }

  /** Resolves when `kind` is loaded everywhere with the current weights. */
  async ensure(kind: DecoderGraphKind): Promise<void> {
    let loading = this.#loaded.get(kind);
    if (!loading) {
      loading = this.#load(kind);
      this.#loaded.set(kind, loading);
      // A failed load is forgotten, so that the next call tries again instead of repeating an old error.
      loading.catch(() => this.#loaded.delete(kind));
    }
    await loading;
  }

  /** Replaces the weights and reloads the graphs in use. Runs asked for earlier finish on the old ones. */
  async update(tensors: TensorMap, version: number): Promise<void> {
    this.#tensors = copyTensors(tensors);
    this.#version = version;
    const inUse = [...this.#loaded.keys()];
    this.#loaded.clear();
    await Promise.all(inUse.map((kind) => this.ensure(kind)));
  }

  async close(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.close()));
  }

  async #load(kind: DecoderGraphKind): Promise<void> {
    const version = this.#version;
    const model = share(decoderToOnnx(this.config, this.#tensors, kind));
    await Promise.all(this.runners.map((runner) => runner.load(kind, model, version)));
  }
}

/** Bytes a decoder with this many runners holds: the copy kept here, and weights plus packed weights per runner. */
export function decoderBytes(config: DecoderConfig, runners: number): number {
  return 4 * parameterCount(config) * (1 + 2 * runners);
}

/** One copy in shared memory, however many threads read it. */
function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  shared.set(bytes);
  return shared;
}

function copyTensors(tensors: TensorMap): TensorMap {
  const copies = new Map<string, Tensor>();
  for (const [name, { shape, data }] of tensors) copies.set(name, { shape: [...shape], data: data.slice() });
  return copies;
}
