/** Cold-start-aware policies: pure functions of measured state and the time. */
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
export { learnedPolicy, sharedPoolPolicy } from './learned-policy.js';
export { placeJob } from './placement.js';
export { type ScaledPoolState, scaledPoolPolicy } from './scale-out-policy.js';
export { desiredRunners, NO_SCALE_STATE, type ScaleState } from './scale-out.js';
export { checkpointEveryMs, spotOrOnDemand } from './spot.js';
export { isTimeToWarm, phaseEnd, type TrainerProgress } from './warm-ahead.js';
export type { Action, Decision, Lease, Memory, Policy, PolicyEvent, PoolView, Prices } from './policy.js';
