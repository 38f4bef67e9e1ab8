/**
 * A fine-tuning job: the create request, the stored document (`jobs/<id>/job.json`, the ledger every actor writes by
 * compare-and-swap), and the public object derived from it.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { Guards, GuardsRequest } from './job-guards.js';
import {
  BudgetRequest,
  EndedEarly,
  JobLimits,
  MAX_PRIORITY,
  PublicBudget,
  PublicEndedEarly,
  PublicScheduling,
  SchedulingRequest,
  Usage,
  UsageMetrics,
} from './job-limits.js';
import { Method } from './method.js';
import { ModelRecord } from './model.js';
import { AdvanceCondition, MAX_PHASES, PHASE_TYPES, ReferencePolicy, ResolvedPhase } from './pipeline.js';
import { PreflightRequest, PreflightSummary } from './preflight.js';
import { QueueStanding } from './queue-standing.js';
import { Publication, PublicPublication, PublishRequest } from './publication.js';
import {
  Count,
  FileId,
  Id,
  Metadata,
  ModelName,
  Nullable,
  OneOf,
  Seed,
  UnixSeconds,
  RecentWriteIds,
} from './primitives.js';
import { Retention, RetentionRequest } from './retention.js';

export const JOB_STATES = ['queued', 'running', 'pausing', 'paused', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];
export const TERMINAL_STATES: ReadonlySet<JobState> = new Set(['succeeded', 'failed', 'cancelled']);

/** The create request; `phases` are the phase schemas of the recipe catalog. */
export function createJobRequest(phases: TSchema[]) {
  const fields = {
    model: ModelName,
    training_file: FileId,
    validation_file: Type.Optional(Nullable(FileId)),
    suffix: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_.-]+$' }))),
    seed: Type.Optional(Nullable(Seed)),
    metadata: Type.Optional(Nullable(Metadata)),
    method: Type.Optional(Method),
    pipeline: Type.Optional(Type.Array(Type.Union(phases), { minItems: 1, maxItems: MAX_PHASES })),
    hyperparameters: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.Unknown())),
    integrations: Type.Optional(Nullable(Type.Array(Type.Unknown(), { maxItems: 8 }))),
    /** Extension. */
    publish: Type.Optional(Nullable(PublishRequest)),
    budget: Type.Optional(Nullable(BudgetRequest)),
    scheduling: Type.Optional(Nullable(SchedulingRequest)),
    guards: Type.Optional(Nullable(GuardsRequest)),
    preflight: Type.Optional(Nullable(PreflightRequest)),
    retention: Type.Optional(Nullable(RetentionRequest)),
  };
  return Type.Object(fields, { additionalProperties: false });
}

export const JobError = Type.Object({
  code: Type.String({ maxLength: 64 }),
  message: Type.String({ maxLength: 4096 }),
  param: Nullable(Type.String({ maxLength: 256 })),
});
export type JobError = Static<typeof JobError>;

/** Who may write as the runner. A runner whose epoch is not the stored one has lost the job. */
export const Lease = Type.Object({
  runnerId: Id,
  epoch: Count,
  expiresAtMs: Count,
  /** Events its runner recorded that are in the log: what a write of unknown outcome took with it is not written again. */
  logged: Type.Optional(Count),
});
export type Lease = Static<typeof Lease>;

/** A resumable, servable point: the manifest exists and was verified before this record is written. */
export const CheckpointRecord = Type.Object({
  id: Id,
  createdAtMs: Count,
  phaseIndex: Count,
  /** Steps finished within the phase. */
  phaseStep: Count,
  /** Steps finished over the whole pipeline; names the checkpoint. */
  step: Count,
  /** Key prefix of the bundle: `jobs/<id>/attempts/<epoch>/…`. */
  prefix: Type.String({ maxLength: 512 }),
  /** Of an adapter: as of its model. */
  needs: ModelRecord.properties.needs,
  /** Of the validation metric, higher is better; null or absent where none was measured at this step. */
  quality: Type.Optional(Nullable(Type.Number())),
  model: ModelName,
  /** Whether this is the last step of its phase: a runner that resumes here starts the next phase. */
  endsPhase: Type.Boolean(),
  /** Tokens trained on over the whole pipeline up to here. */
  trainedTokens: Count,
  usage: Type.Optional(Usage),
  metrics: Type.Record(Type.String({ maxLength: 128 }), Type.Number()),
});
export type CheckpointRecord = Static<typeof CheckpointRecord>;

export const MAX_CHECKPOINTS = 512;

export const Progress = Type.Object({
  phaseIndex: Count,
  phaseStep: Count,
  phaseSteps: Nullable(Count),
  step: Count,
  totalSteps: Nullable(Count),
  tokensPerSecond: Nullable(Type.Number({ minimum: 0 })),
  /** Seconds until the phase ends, as the runner estimates it from its recent steps. Later phases are not known yet. */
  etaSeconds: Nullable(Type.Number({ minimum: 0 })),
});
export type Progress = Static<typeof Progress>;

/** Immutable segment objects of the event log; a segment counts only once it is listed here. */
export const EventSegment = Type.Object({
  key: Type.String({ maxLength: 512 }),
  firstSequence: Count,
  count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
});
export type EventSegment = Static<typeof EventSegment>;

const MAX_USES = 512;

export const JobDocument = Type.Object({
  schemaVersion: Type.Literal(1),
  /** Changes with every write; settles the outcome of a write whose answer was lost. */
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  id: Id,
  projectId: Id,
  createdAtMs: Count,
  finishedAtMs: Nullable(Count),
  model: ModelName,
  trainingFile: FileId,
  validationFile: Nullable(FileId),
  suffix: Nullable(Type.String({ maxLength: 64 })),
  seed: Seed,
  metadata: Nullable(Metadata),
  /** As sent (with "auto" resolved), echoed by single-phase jobs; null when the job was given as a pipeline. */
  method: Nullable(Method),
  phases: Type.Array(ResolvedPhase, { minItems: 1, maxItems: MAX_PHASES }),
  state: OneOf(JOB_STATES),
  /** The lease that holds the job, or null. `epoch` outlives it and only grows. */
  lease: Nullable(Lease),
  epoch: Count,
  /** Failed or lost leases so far; bounded by `maxAttempts`. */
  attempts: Count,
  maxAttempts: Count,
  /** Times an operator queued the job again after it had died too often. */
  redrives: Type.Optional(Count),
  /** When the sweeper last rang for the job. */
  rungAtMs: Count,
  /** Of the jobs of its project that wait, the highest is first; 0 unless said. */
  priority: Type.Optional(Type.Integer({ minimum: -MAX_PRIORITY, maximum: MAX_PRIORITY })),
  limits: Type.Optional(JobLimits),
  /** Those of an older document lack guards that are newer: `guardsOf` has their defaults. */
  guards: Type.Optional(Type.Partial(Guards)),
  /** What was known before it was queued. */
  preflight: Type.Optional(PreflightSummary),
  retention: Type.Optional(Retention),
  /** The model that its first phase starts from, as it was when the job was created. */
  startsFrom: Type.Optional(ModelRecord),
  /** What it reads that is not its own: files and bundles (see `KEYS.users`), each marked as used before the job exists. */
  uses: Type.Optional(Type.Array(Type.String({ maxLength: 512 }), { maxItems: MAX_USES })),
  /** Since when it waits, when it does. */
  queuedAtMs: Type.Optional(Count),
  /** Its last attempt failed: until the sweeper rings for it, at this time or soon after, no runner takes it. */
  retryAtMs: Type.Optional(Nullable(Count)),
  /** It had begun and lost its runner: it waits before jobs that have not begun. */
  goesAhead: Type.Optional(Type.Boolean()),
  /** A limit was reached: what is left to do is to end with the best checkpoint. */
  endedEarly: Type.Optional(Nullable(EndedEarly)),
  progress: Nullable(Progress),
  /** Where a runner resumes. */
  resume: Nullable(CheckpointRecord),
  checkpoints: Type.Array(CheckpointRecord, { maxItems: MAX_CHECKPOINTS }),
  events: Type.Array(EventSegment, { maxItems: 4096 }),
  nextSequence: Count,
  trainedTokens: Nullable(Count),
  fineTunedModel: Nullable(ModelName),
  /** The eval that was made with it, where it has a reinforcement phase. */
  evalId: Type.Optional(Id),
  resultFiles: Type.Array(FileId, { maxItems: 16 }),
  publication: Type.Optional(Publication),
  error: Nullable(JobError),
});
export type JobDocument = Static<typeof JobDocument>;

export const FineTuningJob = Type.Object({
  object: Type.Literal('fine_tuning.job'),
  id: Id,
  model: ModelName,
  created_at: UnixSeconds,
  finished_at: Nullable(UnixSeconds),
  estimated_finish: Nullable(UnixSeconds),
  fine_tuned_model: Nullable(ModelName),
  organization_id: Id,
  status: OneOf(['validating_files', 'queued', 'running', 'paused', 'pausing', 'succeeded', 'failed', 'cancelled']),
  training_file: FileId,
  validation_file: Nullable(FileId),
  result_files: Type.Array(FileId, { maxItems: 16 }),
  trained_tokens: Nullable(Count),
  seed: Seed,
  hyperparameters: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown()),
  method: Nullable(Method),
  error: Nullable(JobError),
  integrations: Type.Null(),
  metadata: Nullable(Metadata),
  user_provided_suffix: Nullable(Type.String({ maxLength: 64 })),
  /** The eval that was made with a job that has a reinforcement phase, and may have been deleted since; null for others. */
  eval_id: Nullable(Id),
  /** Extension: what becomes of the model, where the job asks for an alias. */
  publication: Nullable(PublicPublication),
  /** Extension: the phases with their effective hyperparameters and states. */
  pipeline: Type.Array(
    Type.Object({
      type: OneOf([...PHASE_TYPES]),
      algorithm: Type.String({ maxLength: 64 }),
      training_file: FileId,
      validation_file: Nullable(FileId),
      grader: Type.Optional(Type.Unknown()),
      hyperparameters: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown()),
      advance: Type.Optional(AdvanceCondition),
      /** Of preference and reinforcement phases. */
      reference: Type.Optional(ReferencePolicy),
      /** `skipped`: the job ended at a limit before this phase. */
      status: OneOf(['pending', 'running', 'succeeded', 'failed', 'cancelled', 'skipped']),
      /** The last checkpoint of the phase, callable as a model. */
      model: Nullable(ModelName),
    }),
    { maxItems: MAX_PHASES },
  ),
  /** Extension: what the runner is doing, or null before it started. */
  progress: Nullable(
    Type.Object({
      phase: Count,
      phase_step: Count,
      phase_steps: Nullable(Count),
      step: Count,
      total_steps: Nullable(Count),
      tokens_per_second: Nullable(Type.Number()),
      eta_seconds: Nullable(Type.Number()),
    }),
  ),
  /** Extension: what it waits for and until when, while it waits for a runner; null in every other state. */
  queue: Nullable(QueueStanding),
  /** Extension: the limits in force, and when the job is due. */
  budget: PublicBudget,
  scheduling: PublicScheduling,
  guards: Guards,
  retention: Retention,
  /** Extension: the model that the first phase starts from, and the reference of `job_start`; null where none was recorded. */
  starts_from: Nullable(
    Type.Object({
      model: ModelName,
      kind: ModelRecord.properties.kind,
      owned_by: Id,
      /** The job that made it. */
      fine_tuning_job_id: Nullable(Id),
    }),
  ),
  usage_metrics: UsageMetrics,
  /** Extension: what was known of the job before it was queued; null for jobs older than that. */
  preflight: Nullable(PreflightSummary),
  /** Extension: the limit, or the loss of its last attempt, that ended the job; or null. */
  ended_early: Nullable(PublicEndedEarly),
});
export type FineTuningJob = Static<typeof FineTuningJob>;
