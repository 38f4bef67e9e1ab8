// Settings of ONNX Runtime, with the defaults that measured best for gradient graphs of small decoders on CPUs.

import type { InferenceSession } from 'onnxruntime-node';

export interface OnnxOptions {
  /**
   * Threads of one session. Default 1: models under about a million parameters gain nothing from more, and a runner that
   * holds several sessions would oversubscribe the machine. Larger models want the number of physical cores.
   */
  readonly threads?: number;
  /**
   * Whether idle threads burn a core while waiting. Default false: on a quiet machine spinning gains 20 to 35 % on tiny
   * models, but beside any other load it halves the speed, and two spinning sessions fight each other.
   */
  readonly spinning?: boolean;
  /** ORT's own rewriting. Default `all`; the levels run within 5 % of each other, lower ones start a session faster. */
  readonly graphOptimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /**
   * Keeps freed memory for the next run. Default true: without it steps take 1.3 to 1.45 times as long, with a third of
   * the memory.
   */
  readonly memoryArena?: boolean;
  /**
   * Sessions kept ready, one a program; the least recently used is released beyond that. Default 16: making one costs
   * 20 to 120 ms, and each keeps its own arena, as large as the activations of its program.
   */
  readonly maxSessions?: number;
}

export type ResolvedOnnxOptions = Required<OnnxOptions>;

/** Throws for counts that are not positive integers. */
export function resolveOnnxOptions(options: OnnxOptions): ResolvedOnnxOptions {
  const resolved = {
    threads: 1,
    spinning: false,
    graphOptimization: 'all',
    memoryArena: true,
    maxSessions: 16,
    ...options,
  } as const;
  for (const name of ['threads', 'maxSessions'] as const) {
    if (!Number.isInteger(resolved[name]) || resolved[name] < 1) {
      throw new Error(`onnx executor: ${name} must be a positive integer, got ${resolved[name]}`);
    }
  }
  return resolved;
}

export function toSessionOptions(options: ResolvedOnnxOptions): InferenceSession.SessionOptions {
  const { threads, spinning, graphOptimization, memoryArena } = options;
  return {
    executionProviders: ['cpu'],
    // One node at a time: parallel execution of nodes was 1.2 to 2 times slower.
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: graphOptimization,
    enableCpuMemArena: memoryArena,
    enableMemPattern: memoryArena,
    // Errors only: warnings about unused initialisers are routine.
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: { allow_spinning: spinning ? '1' : '0' },
        // Denormal gradients cost a hundred times a normal number and carry nothing.
        set_denormal_as_zero: '1',
      },
    },
  };
}
