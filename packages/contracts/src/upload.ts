/** Uploads in parts: the request, the public objects, and the stored records beside the parts' bytes. */
import Type, { type Static } from 'typebox';
import { FileName, FileObject, UPLOAD_PURPOSES } from './file.js';
import { Count, Id, Nullable, OneOf, RecentWriteIds, UnixSeconds } from './primitives.js';

/** How long a file may be kept, counted from its creation. */
export const ExpiresAfter = Type.Object({
  anchor: Type.Literal('created_at'),
  seconds: Type.Integer({ minimum: 3600, maximum: 2_592_000 }),
});

export const CreateUpload = Type.Object({
  bytes: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  filename: FileName,
  mime_type: Type.String({ minLength: 1, maxLength: 255 }),
  purpose: OneOf(UPLOAD_PURPOSES),
  expires_after: Type.Optional(ExpiresAfter),
});
export type CreateUpload = Static<typeof CreateUpload>;

export const MAX_UPLOAD_PARTS = 10_000;

export const CompleteUpload = Type.Object({
  /** In the order of the file. */
  part_ids: Type.Array(Id, { minItems: 1, maxItems: MAX_UPLOAD_PARTS }),
  /** Hexadecimal MD5 of the whole content. */
  md5: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{32}$', maxLength: 32 })),
});
export type CompleteUpload = Static<typeof CompleteUpload>;

export const UploadObject = Type.Object({
  id: Id,
  object: Type.Literal('upload'),
  bytes: Count,
  created_at: UnixSeconds,
  expires_at: UnixSeconds,
  filename: FileName,
  purpose: OneOf(UPLOAD_PURPOSES),
  status: OneOf(['pending', 'completed', 'cancelled', 'expired']),
  file: Nullable(FileObject),
});
export type UploadObject = Static<typeof UploadObject>;

export const UploadPart = Type.Object({
  id: Id,
  object: Type.Literal('upload.part'),
  created_at: UnixSeconds,
  upload_id: Id,
});
export type UploadPart = Static<typeof UploadPart>;

/** Extension: a part that the client puts into the store itself; only these bytes are taken. */
export const AnnounceUploadPart = Type.Object(
  {
    bytes: Type.Integer({ minimum: 1, maximum: 5 * 1024 ** 3 }),
    /** Of the part, hexadecimal. */
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 }),
  },
  { additionalProperties: false },
);
export type AnnounceUploadPart = Static<typeof AnnounceUploadPart>;

export const DirectUploadPart = Type.Object({
  /** Names the part when the upload is completed. */
  id: Id,
  object: Type.Literal('upload.direct_part'),
  upload_id: Id,
  method: Type.Literal('PUT'),
  /** Takes the bytes once, without an API key. */
  url: Type.String({ maxLength: 8192 }),
  /** To be sent with them. */
  headers: Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 1024 })),
  /** Of the URL. */
  expires_at: UnixSeconds,
});
export type DirectUploadPart = Static<typeof DirectUploadPart>;

/** `uploads/<id>/upload.json`. */
export const StoredUpload = Type.Object({
  schemaVersion: Type.Literal(1),
  writeId: Id,
  recentWriteIds: RecentWriteIds,
  id: Id,
  projectId: Id,
  createdAtMs: Count,
  expiresAtMs: Count,
  request: CreateUpload,
  state: OneOf(['pending', 'completed', 'cancelled']),
  file: Nullable(FileObject),
});
export type StoredUpload = Static<typeof StoredUpload>;
