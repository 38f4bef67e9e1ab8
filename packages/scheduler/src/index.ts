/** What to run where and when, before it runs: pure functions of measured state, the time and the shape of a model. */
export {
  ASSUMED_COLD_START_MS,
  breakEvenMs,
  decideLinger,
  type LingerDecision,
  type LingerReason,
  MAX_LINGER_MS,
  type RunnerState,
  WAITING_WEIGHT,
} from './linger.js';
export { fairOrder, type ProjectDemand } from './fair-order.js';
export type { MicroBatchShape } from './activation-floats.js';
export { forwardFlops, trainingFlops } from './training-flops.js';
export {
  type AdapterShape,
  rolloutMemory,
  trainingMemory,
  type TrainingMemory,
  type TrainingMemoryRequest,
} from './training-memory.js';
export { estimateTime, type MeasuredSpeed, type Range, type TimeEstimate, type TrainingWork } from './training-time.js';
