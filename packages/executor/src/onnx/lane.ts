// A lane runs programs one after another on private memory, in a worker thread or in this one. The runtime refuses
// tensors over shared memory, so a lane keeps a copy of the parameters (renewed when they changed) and hands gradients
// over by copying them into shared memory.

import type { Shape } from '@preheat/graph';
import type { InferenceSession } from 'onnxruntime-node';
import type { StoredTensor } from '../executor.js';

/** Where the tensors of a training state lie in shared memory. Gradient slot s starts at `gradientStart + s·slotBytes`. */
export interface SharedParameters {
  readonly shards: readonly {
    readonly buffer: SharedArrayBuffer;
    readonly gradientStart: number;
    readonly slotBytes: number;
  }[];
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: Shape;
    readonly size: number;
    readonly trainable: boolean;
    readonly pieces: readonly SharedPiece[];
  }[];
  readonly stored: readonly SharedStored[];
}

/** The numbers of a tensor from `start` on. */
export interface SharedPiece {
  readonly shard: number;
  /** Bytes from the start of the parameters, and from the start of every slot. */
  readonly offset: number;
  readonly start: number;
  readonly size: number;
}

/** A frozen parameter in fewer bits, over shared memory. */
export interface SharedStored {
  readonly name: string;
  readonly shape: Shape;
  readonly tensor: StoredTensor;
}

/** How often the parameters were loaded (all of them changed) and updated (the trainable ones). */
export interface ParameterVersion {
  readonly loads: number;
  readonly updates: number;
}

export interface LaneFeed {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Int32Array;
}

export interface LaneOutput {
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
}

export interface LaneTraining {
  readonly state: number;
  readonly version: ParameterVersion;
  /** Inputs of the program that are parameters. */
  readonly parameters: readonly string[];
  /** Outputs that are gradients, each with its parameter. */
  readonly gradients: readonly { readonly output: string; readonly parameter: string }[];
  /** Where the gradients go; unused without any. */
  readonly slot: number;
}

export interface LaneRun {
  readonly program: number;
  readonly feeds: readonly LaneFeed[];
  /** Outputs to return. */
  readonly outputs: readonly LaneOutput[];
  readonly training?: LaneTraining;
}

/** Every call is a request and a reply; calls on one lane are carried out in order. */
export interface Lane {
  /** False once the lane is gone. Nothing is lost with it but what it was computing. */
  readonly isUsable: boolean;
  /** Makes the session of a program. Rejects when the runtime cannot, and then remembers nothing. */
  compile(program: number, model: Uint8Array, options: InferenceSession.SessionOptions): Promise<void>;
  /** Frees the session of a program. */
  release(program: number): Promise<void>;
  attach(state: number, parameters: SharedParameters): Promise<void>;
  detach(state: number): Promise<void>;
  run(request: LaneRun): Promise<Record<string, Float32Array>>;
  /** Frees everything. */
  close(): Promise<void>;
}
