// ONNX Runtime turns denormal numbers into zeros on whichever thread makes the first session of the process, and on no
// other thread that calls it. Threads inherit the mode from the one that starts them, so the first session is made here,
// in the thread that starts the lanes: else a gradient would depend, in its last bits, on the lane that computed it, and
// denormals, which cost a hundred times a normal number and carry nothing, would slow some lanes down.

import './no-telemetry.js';
import { GraphBuilder, ops, programToOnnx } from '@preheat/graph';
import type { InferenceSession } from 'onnxruntime-node';

let done: Promise<void> | undefined;

/** Puts this thread, and every thread it starts from then on, into the mode. Loads the runtime. */
export function flushDenormals(): Promise<void> {
  done ??= makeFirstSession();
  return done;
}

/** The setting that asks for the mode. */
export const flushDenormalsOption = { set_denormal_as_zero: '1' } as const;

async function makeFirstSession(): Promise<void> {
  const runtime = await import('onnxruntime-node');
  const graph = new GraphBuilder();
  const program = graph.build({ outputs: { y: ops.neg(graph.input('x', 'f32', [1])) } });
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
    extra: { session: flushDenormalsOption },
  };
  const session = await runtime.InferenceSession.create(programToOnnx(program), options);
  await session.release();
}
