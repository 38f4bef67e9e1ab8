// How a model is spread over the cores. Threads inside one session scale badly on small matrix products, so the rule is
// one worker a core, each with a single-threaded session and its own micro-batch; a model whose copies would not fit the
// memory gets one worker with all the threads; a tiny one stays in the calling thread, where a run costs no message.

import type { Parameter } from '../parameter-layout.js';

export interface Parallelism {
  /** Worker threads that run micro-batches side by side; 0 runs them in the calling thread. */
  readonly workers: number;
  /** Threads of each session. */
  readonly threads: number;
  /** Whether idle threads of a session burn a core while they wait. */
  readonly spinning: boolean;
  /** For the log: what decided. */
  readonly reason: string;
}

/** What the choice depends on, and what the user fixed. */
export interface ParallelismRequest {
  readonly workers?: number | undefined;
  readonly threads?: number | undefined;
  readonly spinning?: boolean | undefined;
  readonly cores: number;
  /** Bytes that this process may use. */
  readonly memoryBytes: number;
  /** Processes that wanted a core in the last minute. */
  readonly load: number;
  readonly parameters: readonly Parameter[];
}

/** Below this a step takes less time than waking another thread. */
const tinyParameters = 4096;
/** The share of memory that copies of parameters and gradients may take; activations need the rest. */
const copiesShare = 0.3;
const BYTES = { float32: 4, float16: 2, int8: 1 } as const;

export function chooseParallelism(request: ParallelismRequest): Parallelism {
  const { cores } = request;
  const { workers, reason } = chooseWorkers(request);
  const threads = request.threads ?? (workers === 1 ? cores : 1);
  const spinning = request.spinning ?? false;
  return { workers, threads, spinning, reason };
}

function chooseWorkers(request: ParallelismRequest): { workers: number; reason: string } {
  const { cores, memoryBytes, parameters } = request;
  if (request.workers !== undefined) return { workers: request.workers, reason: 'workers are set by the caller' };
  const count = (of: readonly Parameter[]) => of.reduce((sum, { size }) => sum + size, 0);
  const heldBytes = parameters.reduce((sum, { size, storage }) => sum + size * BYTES[storage], 0);
  const total = count(parameters);
  if (total <= tinyParameters) return { workers: 0, reason: `${total} parameters are too few to wake a thread for` };
  if (request.threads !== undefined && request.threads > 1) {
    return { workers: 1, reason: `${request.threads} threads a session are set by the caller` };
  }
  // A lane copies every parameter, and a gradient for each trainable one that also takes a slot of shared memory.
  const copyBytes = heldBytes + 2 * BYTES.float32 * count(parameters.filter(({ trainable }) => trainable));
  const affordable = Math.max(1, Math.floor((memoryBytes * copiesShare) / copyBytes));
  const workers = Math.min(cores, affordable);
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const each = `a worker copies ${megabytes(copyBytes)} of ${megabytes(memoryBytes)}`;
  if (workers === cores) return { workers, reason: `one worker for each of ${cores} cores; ${each}` };
  return { workers, reason: `memory allows ${workers} of ${cores} workers; ${each}` };
}
