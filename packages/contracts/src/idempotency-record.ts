/** Which job or evaluation run a create request was given, so that its repetition is answered with the same one. */
import Type, { type Static } from 'typebox';
import { Count, Id, RecentWriteIds } from './primitives.js';

export const IdempotencyRecord = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  /** Of the job, or of the run. */
  jobId: Id,
  /** Hexadecimal digest of the request body. */
  bodyDigest: Id,
  createdAtMs: Count,
  /** Made by a retry whose original has not been seen yet: it may still be on its way, and must not become a second job. */
  awaitsOriginal: Type.Optional(Type.Boolean()),
});
export type IdempotencyRecord = Static<typeof IdempotencyRecord>;
