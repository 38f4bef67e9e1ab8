/** Messages on the work queues: doorbells that name a document. They may be lost, repeated or late; the store decides. */
import Type, { type Static } from 'typebox';
import { Count, Id, ModelName, Nullable } from './primitives.js';

export const JobMessage = Type.Object({ kind: Type.Literal('job'), jobId: Id });
export type JobMessage = Static<typeof JobMessage>;

export const EvalRunMessage = Type.Object({ kind: Type.Literal('eval_run'), evalId: Id, runId: Id });
export type EvalRunMessage = Static<typeof EvalRunMessage>;

/** A model is about to be asked for; null: not known which. Nothing hangs on it, and from `expiresAtMs` on it does nothing. */
export const WarmMessage = Type.Object({
  kind: Type.Literal('warm'),
  projectId: Id,
  model: Nullable(ModelName),
  expiresAtMs: Count,
});
export type WarmMessage = Static<typeof WarmMessage>;
