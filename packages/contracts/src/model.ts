/** Models: the stored record that makes a name callable, and the public object. */
import Type, { type Static } from 'typebox';
import { Count, Id, ModelName, Nullable, OneOf, UnixSeconds } from './primitives.js';

/** A key prefix of a bundle. */
const BundlePrefix = Type.String({ maxLength: 512 });

/** Why a name is not callable any more. The record stays for a while: it says so, and holds the bundle for who still reads it. */
const Gone = Type.Object({
  atMs: Count,
  reason: OneOf(['expired', 'retention', 'deleted']),
});

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
  prefix: BundlePrefix,
  jobId: Nullable(Id),
  base: Nullable(ModelName),
  /** The bundles of the models that its adapter changes, all the way down. Absent: it is whole by itself. */
  needs: Type.Optional(Type.Array(BundlePrefix, { maxItems: 64 })),
  /** From then on the sweeper may take the name away. Null or absent: never. */
  expiresAtMs: Type.Optional(Nullable(Count)),
  gone: Type.Optional(Gone),
});
export type ModelRecord = Static<typeof ModelRecord>;

/** Every bundle that reading the model takes. None for base models, which are code. */
export function bundlesOf({ kind, prefix, needs = [] }: Pick<ModelRecord, 'kind' | 'prefix' | 'needs'>): string[] {
  return kind === 'base' ? [] : [prefix, ...needs];
}

export const ModelObject = Type.Object({
  id: ModelName,
  object: Type.Literal('model'),
  created: UnixSeconds,
  owned_by: Id,
  /** Extension: the model that this name stands for, where it is an alias. */
  alias_of: Type.Optional(ModelName),
  /** The day of its expiry (UTC), where it expires. */
  shutdown_date: Type.Optional(Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' })),
  /** Extension: when it expires, where it does. */
  expires_at: Type.Optional(UnixSeconds),
});
export type ModelObject = Static<typeof ModelObject>;
