/** Files and uploads (sections A.3 and A.4 of the wire). */
import { always, closed, id, list, maybe, one, optional, seconds, text, whole } from './notation.js';

const purposes = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'];

export const File = closed({
  id: id('file-'),
  object: one('file'),
  bytes: whole(),
  created_at: seconds(),
  filename: text(),
  purpose: one(...purposes, 'assistants_output', 'batch_output', 'fine-tune-results'),
  status: one('uploaded', 'processed', 'error'),
  expires_at: optional(seconds()),
  status_details: optional(text()),
});

export const DeletedFile = closed({ id: id('file-'), object: one('file'), deleted: always(true) });

export const UploadRequest = closed({
  bytes: whole(),
  filename: text(),
  mime_type: text(),
  purpose: one(...purposes),
  expires_after: optional(closed({ anchor: one('created_at'), seconds: whole() })),
});

export const CompleteRequest = closed({ part_ids: list(text()), md5: optional(text()) });

export const Upload = closed({
  id: id('upload_'),
  object: one('upload'),
  bytes: whole(),
  created_at: seconds(),
  expires_at: seconds(),
  filename: text(),
  purpose: one(...purposes),
  status: one('pending', 'completed', 'cancelled', 'expired'),
  file: maybe(File),
});

export const Part = closed({
  id: id('part_'),
  object: one('upload.part'),
  created_at: seconds(),
  upload_id: id('upload_'),
});
