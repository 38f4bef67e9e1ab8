// Settings of ONNX Runtime, with the defaults that measured best for gradient graphs of small decoders on CPUs.

import type { InferenceSession } from 'onnxruntime-node';
import type { Parallelism } from './choose-parallelism.js';
import type { SessionMoment } from './pooled-lane.js';
import { flushDenormalsOption } from './flush-denormals.js';

export interface OnnxOptions {
  /**
   * Worker threads that run micro-batches side by side, each with sessions of its own; 0 computes in the calling thread.
   * Default: chosen for every training state by the size of its model, the cores and the memory.
   */
  readonly workers?: number;
  /** Threads of one session. Default: 1 with several workers, else the number of cores. */
  readonly threads?: number;
  /**
   * Whether idle threads of a session burn a core while waiting. Default false: on a quiet machine spinning gains 20 to
   * 35 % on tiny models with several threads, but beside any other load it halves the speed.
   */
  readonly spinning?: boolean;
  /** ORT's own rewriting. Default `all`; the levels run within 5 % of each other, lower ones start a session faster. */
  readonly graphOptimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /**
   * Keeps freed memory for the next run. Default true: without it every run faults its pages in anew and takes up to four
   * times as long.
   */
  readonly memoryArena?: boolean;
  /**
   * Plans one block for all values of a run. Default false: it is kept beside the arena that served the first run, which
   * takes half as much memory again and is no faster.
   */
  readonly memoryPattern?: boolean;
  /**
   * Sessions each worker keeps ready, one a program; the least recently used is released beyond that. Default 16: making
   * one costs 20 to 120 ms.
   */
  readonly maxSessions?: number;
  /**
   * Bytes that the sessions of all workers may keep between runs, by what is alive at the peak of their programs: each
   * has an arena of its own. The one in use always stays. Default: a quarter of the memory.
   */
  readonly maxSessionBytes?: number;
  /** Told of every session that is made, and whether a run had to wait for it. */
  readonly onSession?: (moment: SessionMoment) => void;
  /** Told how each training state is spread over the cores, and why. */
  readonly onParallelism?: (choice: Parallelism) => void;
}

/** Throws for counts that are not integers in range. */
export function checkOnnxOptions(options: OnnxOptions): void {
  const least = { workers: 0, threads: 1, maxSessions: 1 } as const;
  for (const name of ['workers', 'threads', 'maxSessions'] as const) {
    const count = options[name];
    if (count === undefined || (Number.isInteger(count) && count >= least[name])) continue;
    throw new Error(`onnx executor: ${name} must be an integer of at least ${least[name]}, got ${count}`);
  }
}

export function toSessionOptions(
  { graphOptimization = 'all', memoryArena = true, memoryPattern = false }: OnnxOptions,
  { threads, spinning }: Pick<Parallelism, 'threads' | 'spinning'>,
): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    // One node at a time: parallel execution of nodes was 1.2 to 2 times slower.
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: graphOptimization,
    enableCpuMemArena: memoryArena,
    enableMemPattern: memoryPattern,
    // Errors only: warnings about unused initialisers are routine.
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: { allow_spinning: spinning ? '1' : '0' },
        ...flushDenormalsOption,
      },
    },
  };
}
