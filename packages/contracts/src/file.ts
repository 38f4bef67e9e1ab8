/** Uploaded files: the public object, and the stored record beside the content. */
import Type, { type Static } from 'typebox';
import { Count, FileId, Id, Nullable, OneOf, UnixSeconds } from './primitives.js';

export const UPLOAD_PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const;
export const FILE_PURPOSES = [...UPLOAD_PURPOSES, 'assistants_output', 'batch_output', 'fine-tune-results'] as const;

export const FilePurpose = OneOf(FILE_PURPOSES);
export const FileName = Type.String({ minLength: 1, maxLength: 255 });

export const FileObject = Type.Object({
  id: FileId,
  object: Type.Literal('file'),
  bytes: Count,
  created_at: UnixSeconds,
  filename: FileName,
  purpose: FilePurpose,
  status: OneOf(['uploaded', 'processed', 'error']),
  status_details: Type.Optional(Type.String({ maxLength: 4096 })),
  expires_at: Type.Optional(UnixSeconds),
});
export type FileObject = Static<typeof FileObject>;

export const StoredFile = Type.Object({
  schemaVersion: Type.Literal(1),
  projectId: Id,
  file: FileObject,
  /** Lines of a validated JSONL file; null for files that are not JSONL. */
  lines: Nullable(Count),
  sha256: Type.String({ minLength: 64, maxLength: 64 }),
});
export type StoredFile = Static<typeof StoredFile>;
