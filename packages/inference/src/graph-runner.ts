/**
 * Something that can run ONNX graphs by name: in this thread (`LocalRunner`) or in a worker thread (`WorkerRunner`).
 * Everything above this interface is the same for one thread and for a pool.
 */

/** A tensor that can cross a thread boundary. */
export type WireTensor =
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly dims: readonly number[] }
  | { readonly type: 'float32'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'bool'; readonly data: Uint8Array; readonly dims: readonly number[] };

export type WireTensors = Readonly<Record<string, WireTensor>>;

export interface RunResult {
  readonly outputs: WireTensors;
  /** The version the graph that ran was loaded with. */
  readonly version: number;
}

export interface GraphRunner {
  /** False once its thread is gone: every call rejects from then on. */
  readonly isUsable: boolean;
  /**
   * Makes `model` (ONNX bytes, possibly in shared memory, not changed afterwards) the graph called `name`. Calls are
   * executed in order: runs asked for earlier finish on the graph that `name` meant then.
   */
  load(name: string, model: Uint8Array, version: number): Promise<void>;
  /** Runs graph `name` and returns the outputs in `fetches`; the caller owns their buffers. */
  run(name: string, feeds: WireTensors, fetches: readonly string[]): Promise<RunResult>;
  /** Finishes what was asked for, then frees every session. The runner cannot be used afterwards. */
  close(): Promise<void>;
}
