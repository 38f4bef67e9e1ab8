/** Job events: what a runner or the API appends to a job's log, and the public object. */
import Type, { type Static } from 'typebox';
import { Count, Id, Nullable, OneOf, UnixSeconds } from './primitives.js';

export const EventLevel = OneOf(['info', 'warn', 'error']);
export const EventType = OneOf(['message', 'metrics']);
const EventData = Nullable(Type.Record(Type.String({ maxLength: 128 }), Type.Unknown()));
const Message = Type.String({ maxLength: 8192 });

/** One line of an event segment. `data.kind` carries the subtype. */
export const StoredEvent = Type.Object({
  sequence: Count,
  createdAtMs: Count,
  level: EventLevel,
  type: EventType,
  message: Message,
  data: EventData,
});
export type StoredEvent = Static<typeof StoredEvent>;

/** An event before the log gives it a sequence number and a time. */
export type NewEvent = Omit<StoredEvent, 'sequence' | 'createdAtMs'>;

export const FineTuningJobEvent = Type.Object({
  object: Type.Literal('fine_tuning.job.event'),
  id: Id,
  created_at: UnixSeconds,
  level: EventLevel,
  type: EventType,
  message: Message,
  data: EventData,
});
export type FineTuningJobEvent = Static<typeof FineTuningJobEvent>;

export const FineTuningJobCheckpoint = Type.Object({
  object: Type.Literal('fine_tuning.job.checkpoint'),
  id: Id,
  created_at: UnixSeconds,
  fine_tuning_job_id: Id,
  fine_tuned_model_checkpoint: Type.String({ maxLength: 300 }),
  step_number: Count,
  metrics: Type.Record(Type.String({ maxLength: 128 }), Type.Number()),
  /** Extension: which phase of the pipeline, and the step within it. */
  phase: Count,
  phase_step: Count,
});
export type FineTuningJobCheckpoint = Static<typeof FineTuningJobCheckpoint>;
