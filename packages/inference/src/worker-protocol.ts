/** Messages between a `WorkerRunner` and its thread. Every request gets exactly one reply with the same id. */
import type { RunResult, WeightBlock, WireTensors } from './graph-runner.js';
import type { ExecutionProvider } from './session-options.js';

export interface WorkerSetup {
  /** ONNX Runtime threads of each session. */
  readonly threads: number;
  readonly provider: ExecutionProvider;
}

export type WorkerRequest =
  | { readonly id: number; readonly kind: 'load'; name: string; model: Uint8Array }
  | { readonly id: number; readonly kind: 'weights'; block: WeightBlock; version: number }
  | { readonly id: number; readonly kind: 'adapter'; adapter: string; block: WeightBlock | null }
  | {
      readonly id: number;
      readonly kind: 'run';
      name: string;
      feeds: WireTensors;
      fetches: readonly string[];
      adapter: string | null;
    }
  | { readonly id: number; readonly kind: 'close' };

export type WorkerReply =
  | { readonly id: number; readonly ok: true; readonly result?: RunResult }
  | { readonly id: number; readonly ok: false; readonly message: string };
