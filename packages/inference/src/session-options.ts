/** ONNX Runtime session options for decoding. */
import type { InferenceSession } from 'onnxruntime-node';

/** Where a session computes. */
export type ExecutionProvider = 'cpu' | 'cuda';

const LOG_ERRORS_ONLY = 3;

/**
 * Graph optimisation is off: the decoder graphs are written with fused operators, so the optimiser finds nothing that
 * shortens a run (measured), and without it a session is ready in three quarters of the time, which every weight update
 * pays. Spinning is off because several sessions, or a training process, share the cores: a spinning thread pool beside a
 * busy neighbour costs a multiple of what it saves. Denormals are flushed so that near-zero softmax weights cannot
 * slow arithmetic down by two orders of magnitude.
 */
export function sessionOptions(threads: number, provider: ExecutionProvider = 'cpu'): InferenceSession.SessionOptions {
  return {
    // What CUDA has no kernel for runs on the CPU beside it.
    executionProviders: provider === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: LOG_ERRORS_ONLY,
    extra: { session: { intra_op: { allow_spinning: '0' }, set_denormal_as_zero: '1' } },
  };
}
