/**
 * Something that can run ONNX graphs by name: in this thread (`LocalRunner`) or in a worker thread (`WorkerRunner`).
 * Everything above this interface is the same for one thread and for a pool.
 */

import type { ServedBlock } from '@preheat/checkpoints';

/** A tensor that can cross a thread boundary. */
export type WireTensor =
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly dims: readonly number[] }
  | { readonly type: 'float32'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'bool'; readonly data: Uint8Array; readonly dims: readonly number[] };

export type WireTensors = Readonly<Record<string, WireTensor>>;

/** Weights as one flat array, possibly in shared memory, and which inputs of the graphs lie where in it. */
export type WeightBlock = ServedBlock;

export interface RunResult {
  readonly outputs: WireTensors;
  /** The version of the weights that ran. */
  readonly version: number;
}

export interface RunOptions {
  readonly consumed?: readonly string[];
  readonly adapter?: string | null;
}

export interface GraphRunner {
  /** False once its thread is gone: every call rejects from then on. */
  readonly isUsable: boolean;
  /** Makes `model` (ONNX bytes, possibly in shared memory, not changed afterwards) the graph called `name`. */
  load(name: string, model: Uint8Array): Promise<void>;
  /** Copies the weights that all graphs run with from now on. Calls are executed in order. */
  setWeights(block: WeightBlock, version: number): Promise<void>;
  /** Copies an adapter that calls may name from now on; null forgets it. */
  setAdapter(adapter: string, block: WeightBlock | null): Promise<void>;
  /**
   * Runs graph `name`, with the weights of an adapter where one is named, and returns the outputs in `fetches`; the caller owns their buffers. The buffers of the feeds named
   * in `consumed` belong to the runner from here on: they may move to its thread.
   */
  run(name: string, feeds: WireTensors, fetches: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Finishes what was asked for, then frees every session. The runner cannot be used afterwards. */
  close(): Promise<void>;
}
