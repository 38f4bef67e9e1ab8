/** API keys as the store keeps them: by the SHA-256 of their text, which is shown once and never written down. */
import Type, { type Static } from 'typebox';
import { Count, Id, Nullable, OneOf, Page, RecentWriteIds, UnixSeconds } from './primitives.js';

/** `project`: everything of one project. `admin`: keys of any project, and nothing else. */
export const KEY_ROLES = ['project', 'admin'] as const;
const KeyRole = OneOf(KEY_ROLES);
export type KeyRole = Static<typeof KeyRole>;
const KeyName = Type.String({ minLength: 1, maxLength: 128 });
const MAX_OVERLAP_SECONDS = 30 * 86_400;

/** `api-keys/<sha256 of the key>.json`. */
export const StoredApiKey = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  id: Id,
  role: KeyRole,
  /** Null for admin keys. */
  projectId: Nullable(Id),
  name: KeyName,
  createdAtMs: Count,
  /** The key is refused from then on; null for never. */
  expiresAtMs: Nullable(Count),
});
export type StoredApiKey = Static<typeof StoredApiKey>;

export const CreateApiKey = Type.Object(
  { project_id: Id, name: Type.Optional(KeyName) },
  { additionalProperties: false },
);
export type CreateApiKey = Static<typeof CreateApiKey>;

export const RotateApiKey = Type.Object(
  {
    /** How long the old key still works beside the new one; a day unless said, 0 for not at all. */
    overlap_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_OVERLAP_SECONDS })),
  },
  { additionalProperties: false },
);

const keyFields = {
  id: Id,
  object: Type.Literal('api_key'),
  role: KeyRole,
  project_id: Nullable(Id),
  name: KeyName,
  created_at: UnixSeconds,
  expires_at: Nullable(UnixSeconds),
  status: OneOf(['active', 'expired']),
};
export const ApiKeyObject = Type.Object(keyFields);
export type ApiKeyObject = Static<typeof ApiKeyObject>;
/** The key itself is shown when it is made and never again. */
export const ApiKeyWithValue = Type.Object({ ...keyFields, value: Type.String({ maxLength: 256 }) });
export type ApiKeyWithValue = Static<typeof ApiKeyWithValue>;
export const ApiKeyPage = Page(ApiKeyObject);
