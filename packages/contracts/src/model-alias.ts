/** Extension: a name that stands for a model and can be moved to another one, such as `production`. */
import Type, { type Static } from 'typebox';
import { Count, Id, ModelName, Nullable, RecentWriteIds, UnixSeconds } from './primitives.js';

export const AliasName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' });

const StoredTarget = Type.Object({
  model: ModelName,
  movedAtMs: Count,
  /** The job that published it; null when somebody moved the alias by hand. */
  jobId: Nullable(Id),
});
const MAX_PREVIOUS = 16;

/** `aliases/<project>/<alias>.json`. Moving it is one write. */
export const StoredAlias = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  alias: AliasName,
  createdAtMs: Count,
  current: StoredTarget,
  /** Newest first. */
  previous: Type.Array(StoredTarget, { maxItems: MAX_PREVIOUS }),
});
export type StoredAlias = Static<typeof StoredAlias>;

/** The alias with another target; what it stood for is remembered. */
export function movedAlias(alias: StoredAlias, target: StoredAlias['current']): StoredAlias {
  return { ...alias, current: target, previous: [alias.current, ...alias.previous].slice(0, MAX_PREVIOUS) };
}

export const MoveAlias = Type.Object({ model: ModelName }, { additionalProperties: false });

const Target = Type.Object({ model: ModelName, moved_at: UnixSeconds, fine_tuning_job_id: Nullable(Id) });
export const ModelAlias = Type.Object({
  object: Type.Literal('model.alias'),
  id: AliasName,
  created_at: UnixSeconds,
  ...Target.properties,
  /** What it stood for before, newest first. */
  previous: Type.Array(Target, { maxItems: MAX_PREVIOUS }),
});
export type ModelAlias = Static<typeof ModelAlias>;
