/** POST /v1/x/uploads/:upload_id/parts (extension): a part that goes into the store past this process and its limits. */
import { AnnounceUploadPart, DirectUploadPart } from '@preheat/contracts';
import type { App } from '../app-type.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import type { Uploads } from '../uploads/uploads.js';
import { idParameters } from './path-parameters.js';

export function directPartRoute(app: App, uploads: Uploads): void {
  const schema = {
    operationId: 'announceUploadPart',
    summary: 'Extension: announce a part that is put into the store directly, by the URL of the answer',
    tags: ['Uploads'],
    params: idParameters('upload_id'),
    body: AnnounceUploadPart,
    response: withErrors(
      { 200: DirectUploadPart },
      ...BODY_ERRORS,
      'not_found',
      'invalid_upload_state',
      'file_too_large',
      'direct_upload_unavailable',
    ),
  };
  app.post('/x/uploads/:upload_id/parts', { schema }, ({ projectId, params, body }) =>
    uploads.announcePart(projectId, params.upload_id, body),
  );
}
