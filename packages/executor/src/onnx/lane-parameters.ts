// A lane's private copy of the parameters of one training state, and its gradient before it is handed over. Gradients
// take memory only in lanes that compute them.

import './no-telemetry.js';
import { Tensor } from 'onnxruntime-node';
import type { ParameterVersion, SharedParameters, SharedPiece, SharedStored } from './lane.js';
import { StoredCopy } from './stored-copy.js';

type SharedTensor = SharedParameters['tensors'][number];

interface Held {
  readonly shared: SharedTensor;
  readonly parameter: Tensor;
  readonly parameterData: Float32Array;
  gradient?: { readonly tensor: Tensor; readonly data: Float32Array };
}

export class LaneParameters {
  readonly #shards: SharedParameters['shards'];
  readonly #held: ReadonlyMap<string, Held>;
  readonly #stored: ReadonlyMap<string, StoredCopy>;
  #version: ParameterVersion = { loads: 0, updates: 0 };

  constructor({ shards, tensors, stored }: SharedParameters) {
    this.#shards = shards;
    this.#stored = new Map(stored.map((shared: SharedStored) => [shared.name, new StoredCopy(shared)]));
    this.#held = new Map(
      tensors.map((shared) => {
        const parameterData = new Float32Array(shared.size);
        return [shared.name, { shared, parameterData, parameter: tensorOver(parameterData, shared) }];
      }),
    );
  }

  /** Copies what changed since the last time. */
  renew({ loads, updates }: ParameterVersion): void {
    const wasLoaded = loads !== this.#version.loads;
    if (!wasLoaded && updates === this.#version.updates) return;
    for (const { shared, parameterData } of this.#held.values()) {
      if (!wasLoaded && !shared.trainable) continue;
      for (const piece of shared.pieces) {
        parameterData.set(new Float32Array(this.#shard(piece).buffer, piece.offset, piece.size), piece.start);
      }
    }
    if (wasLoaded) for (const copy of this.#stored.values()) copy.renew();
    this.#version = { loads, updates };
  }

  /** What a program is fed for a parameter, by input. */
  inputs(name: string): Record<string, Tensor> {
    return this.#stored.get(name)?.inputs ?? { [name]: this.#find(name).parameter };
  }

  /** The tensor to receive the gradient of a parameter. */
  gradient(name: string): Tensor {
    const held = this.#find(name);
    if (!held.gradient) {
      const data = new Float32Array(held.shared.size);
      held.gradient = { data, tensor: tensorOver(data, held.shared) };
    }
    return held.gradient.tensor;
  }

  /** Copies the gradient of a parameter into a slot of shared memory. */
  publish(name: string, slot: number): void {
    const { shared, gradient } = this.#find(name);
    if (!gradient) throw new Error(`no gradient of "${name}" was computed here`);
    for (const piece of shared.pieces) {
      const { buffer, gradientStart, slotBytes } = this.#shard(piece);
      const target = new Float32Array(buffer, gradientStart + slot * slotBytes + piece.offset, piece.size);
      target.set(gradient.data.subarray(piece.start, piece.start + piece.size));
    }
  }

  #find(name: string): Held {
    const held = this.#held.get(name);
    if (!held) throw new Error(`parameter "${name}" is not held in this lane`);
    return held;
  }

  #shard({ shard }: SharedPiece): SharedParameters['shards'][number] {
    const found = this.#shards[shard];
    if (!found) throw new Error(`there is no shard ${shard}`);
    return found;
  }
}

function tensorOver(data: Float32Array, { shape }: SharedTensor): Tensor {
  return new Tensor('float32', data, [...shape]);
}
