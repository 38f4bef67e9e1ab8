/** Models: the stored record that makes a name callable, and the public object. */
import Type, { type Static } from 'typebox';
import { Count, Id, ModelName, Nullable, OneOf, UnixSeconds } from './primitives.js';

/** `models/<encoded name>.json`. A checkpoint's record is written only after its bundle is complete. */
export const ModelRecord = Type.Object({
  schemaVersion: Type.Literal(1),
  name: ModelName,
  kind: OneOf(['base', 'imported', 'fine-tuned', 'checkpoint']),
  /** The project that owns it; null for base models, which everyone may call. */
  projectId: Nullable(Id),
  createdAtMs: Count,
  ownedBy: Id,
  /** Key prefix of the bundle: a Hugging Face folder. */
  prefix: Type.String({ maxLength: 512 }),
  jobId: Nullable(Id),
  base: Nullable(ModelName),
});
export type ModelRecord = Static<typeof ModelRecord>;

export const ModelObject = Type.Object({
  id: ModelName,
  object: Type.Literal('model'),
  created: UnixSeconds,
  owned_by: Id,
  /** Extension: the model that this name stands for, where it is an alias. */
  alias_of: Type.Optional(ModelName),
});
export type ModelObject = Static<typeof ModelObject>;
