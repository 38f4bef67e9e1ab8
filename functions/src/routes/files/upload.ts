/** POST /v1/files: a multipart upload, streamed to the store and checked line by line before it exists. */
import { FileObject } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import type { FileLibrary } from '../../files/file-library.js';
import { receiveUpload, UploadFields } from '../../files/receive-upload.js';
import { withErrors } from '../../plugins/error-responses.js';
import { FORM_OVERHEAD_BYTES } from '../../plugins/limits.js';

const UploadForm = Type.Intersect([
  Type.Object({ file: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) }),
  UploadFields,
]);

export function uploadRoute(app: App, files: FileLibrary, maxBytes: number): void {
  const schema = {
    operationId: 'createFile',
    summary: 'Upload a file',
    tags: ['Files'],
    response: withErrors(
      { 200: FileObject },
      'invalid_training_file',
      'file_too_large',
      'body_too_large',
      'unsupported_media_type',
    ),
  };
  const config = { documentedBody: { schema: UploadForm, contentType: 'multipart/form-data' } };
  app.post('/files', { schema, config, bodyLimit: maxBytes + FORM_OVERHEAD_BYTES }, async (request) => {
    const { staged, filename, fields } = await receiveUpload(request, files, maxBytes);
    const expiresAfterSeconds = fields.expires_after?.seconds ?? null;
    try {
      return await files.publish(request.projectId, staged, { filename, purpose: fields.purpose, expiresAfterSeconds });
    } catch (error) {
      await files.discard(request.projectId, staged);
      throw error;
    }
  });
}
