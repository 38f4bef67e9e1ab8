/** The job machine: documents changed by compare-and-swap, leases, the event log, the sweeper. */
export { bestCheckpoint, bestFirst, keptCheckpoints } from './best-checkpoint.js';
export { type Consumption, limitReached, type StepCost } from './budget.js';
export { CapacityHolds, type CapacityHoldDependencies } from './capacity-holds.js';
export { scheduleCollection } from './collection-entry.js';
export { collectJobs, type CollectOptions, type CollectResult } from './collector.js';
export { type DeadLetter, DeadLetters, isDead, type RedriveOutcome } from './dead-letters.js';
export { type Change, type CreateResult, DocumentStore, type ReplaceResult, type Versioned } from './document-store.js';
export { appendEvents, eventsSince, newestEvents, SEGMENT_EVENTS_MAX } from './event-log.js';
export { IdempotencyLedger, type RequestIdentity, type Reservation, RETRY_WINDOW_MS } from './idempotency.js';
export type { EvalOf } from './job-eval.js';
export type { JobPieces } from './job-pieces.js';
export {
  type CreateOutcome,
  JobStore,
  type JobStoreDependencies,
  type ListOptions,
  MAX_ATTEMPTS,
  type NewJob,
  type RequestOutcome,
} from './job-store.js';
export { forgetRun, isForgotten } from './forget-run.js';
export { isRecorded } from './is-recorded.js';
export { type KeyStateDependencies, KeyStateShards, type StoredKeyState } from './key-state-shards.js';
export { CLOCK_SKEW_GRACE_MS, hasExpired, isHeldBy, type Leasable, renewLease, takeLease } from './lease.js';
export { type LeaseDependencies, LeasedJob, LostLeaseError } from './leased-job.js';
export { changeModelRecord, readModelRecord, restoreModel, retireModel } from './model-records.js';
export { nameModel } from './name-model.js';
export { ownedBy } from './owned-by.js';
export { ProjectRosters, type RosterDependencies } from './project-rosters.js';
export * from './public-job.js';
export { runTimeLeft } from './run-time.js';
export { RunnerRegistry, type RunnerRegistryDependencies } from './runner-registry.js';
export { sweepJobs, type SweepOptions, type SweepResult } from './sweeper.js';
export { inLanes, SweepTurn, SweepTurns } from './sweep-turns.js';
export { afterExpiry } from './takeover.js';
export { ThroughputLedger } from './throughput-ledger.js';
export { TIME_DIGITS, timeIdOf } from './time-id.js';
export { JOB_EVENTS, type JobEvent, transition, TRANSITIONS } from './transitions.js';
export { storeRun } from './store-run.js';
export { markOfExport, markOfJob, markOfModel, markUse, type Use } from './use-marks.js';
export { ActiveRuns, modelsNamedIn, Uses, type UsesDependencies } from './uses.js';
export { utcText } from './utc-text.js';
export {
  dropIfStale,
  entryOf,
  type LookStart,
  MAX_LISTED,
  nextOfProjects,
  type WaitingEntry,
  waitingJobs,
  waitingKey,
} from './waiting-jobs.js';
