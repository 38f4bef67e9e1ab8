/** Permissions: which other projects may call a checkpoint. */
import Type, { type Static } from 'typebox';
import { Count, Id, ModelName, UnixSeconds } from './primitives.js';

export const CreatePermissions = Type.Object({
  project_ids: Type.Array(Id, { minItems: 1, maxItems: 100 }),
});

export const CheckpointPermission = Type.Object({
  id: Id,
  object: Type.Literal('checkpoint.permission'),
  created_at: UnixSeconds,
  project_id: Id,
});
export type CheckpointPermission = Static<typeof CheckpointPermission>;

/** `grants/<project that may call>/<model>.json`: written before the owner's list, deleted before it. */
export const StoredGrant = Type.Object({
  schemaVersion: Type.Literal(1),
  permissionId: Id,
  createdAtMs: Count,
  model: ModelName,
  ownerProjectId: Id,
  projectId: Id,
});
export type StoredGrant = Static<typeof StoredGrant>;
