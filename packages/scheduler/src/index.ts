/** What to run where and when, before it runs: pure functions of measured state, the time and the shape of a model. */
export { fairOrder, type ProjectDemand } from './fair-order.js';
export { type Foresight, foreseeStarts, type QueueView } from './foresee-starts.js';
export type { Span, WaitingProject } from './waiting-queue.js';
export type { MicroBatchShape } from './activation-floats.js';
export { forwardFlops, trainingFlops } from './training-flops.js';
export { type HostMemory, hostMemory, type HostMemoryRequest, rowMemory } from './host-memory.js';
export {
  type AdapterShape,
  rolloutMemory,
  trainingMemory,
  type TrainingMemory,
  type TrainingMemoryRequest,
} from './training-memory.js';
export {
  type ComputeSpeeds,
  estimateTime,
  type MeasuredSpeed,
  type Range,
  type TimeEstimate,
  type TrainingWork,
} from './training-time.js';
export { compactKeyState, foldKeyStates, type KeyState, mergeKeyStates, NO_KEY_STATE } from './key-state.js';
export { learnedPolicy, sharedPoolPolicy } from './learned-policy.js';
export { keptModelBytes } from './kept-models.js';
export { keptForMs, LONGEST_KEEP_MS, placeJob } from './placement.js';
export { type ScaledPoolState, scaledPoolPolicy } from './scale-out-policy.js';
export { desiredRunners, NO_SCALE_STATE, type ScaleState } from './scale-out.js';
export { checkpointEveryMs, spotOrOnDemand } from './spot.js';
export { isTimeToWarm, type NextStart, phaseEnd, type TrainerProgress } from './warm-ahead.js';
export {
  type Action,
  ASSUMED_BOOT_MS,
  type Decision,
  INTERACTIVE_PRICES,
  type Lease,
  type Memory,
  type Policy,
  type PolicyEvent,
  type PoolView,
  type Prices,
  worthOfBootMs,
} from './policy.js';
