/** Cold-start-aware policies: pure functions of measured state and the time. */
export {
  ASSUMED_COLD_START_MS,
  breakEvenMs,
  decideLinger,
  type LingerDecision,
  type LingerReason,
  MAX_LINGER_MS,
  measuredColdStartMs,
  type RunnerState,
  WAITING_WEIGHT,
} from './linger.js';
export { type QueueHint, queueHint } from './queue-hint.js';
