/** /v1/uploads: a file in parts: create, add parts (any number at once), complete or cancel. */
import { CompleteUpload, CreateUpload, UploadObject, UploadPart } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../app-type.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import { FORM_OVERHEAD_BYTES } from '../plugins/limits.js';
import { receivePart } from '../uploads/receive-part.js';
import type { UploadLimits, Uploads } from '../uploads/uploads.js';
import { idParameters } from './path-parameters.js';

const tags = ['Uploads'];
const params = idParameters('upload_id');
const PartForm = Type.Object({ data: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) });

export function uploadRoutes(app: App, uploads: Uploads): void {
  const create = {
    operationId: 'createUpload',
    summary: 'Announce a file that comes in parts',
    tags,
    body: CreateUpload,
    response: withErrors({ 200: UploadObject }, ...BODY_ERRORS, 'file_too_large'),
  };
  app.post('/uploads', { schema: create }, ({ projectId, body }) => uploads.create(projectId, body));

  const complete = {
    operationId: 'completeUpload',
    summary: 'Make a file of the parts',
    tags,
    params,
    body: CompleteUpload,
    response: withErrors(
      { 200: UploadObject },
      ...BODY_ERRORS,
      'not_found',
      'invalid_upload_state',
      'upload_incomplete',
      'invalid_training_file',
    ),
  };
  app.post('/uploads/:upload_id/complete', { schema: complete }, ({ projectId, params, body }) =>
    uploads.complete(projectId, params.upload_id, body),
  );

  const cancel = {
    operationId: 'cancelUpload',
    summary: 'Cancel an upload',
    tags,
    params,
    response: withErrors({ 200: UploadObject }, 'not_found', 'invalid_upload_state'),
  };
  app.post('/uploads/:upload_id/cancel', { schema: cancel }, ({ projectId, params }) =>
    uploads.cancel(projectId, params.upload_id),
  );
}

/** Takes a form: its scope must read multipart bodies. */
export function uploadPartRoute(app: App, uploads: Uploads, { uploadPartBytes }: UploadLimits): void {
  const add = {
    operationId: 'addUploadPart',
    summary: 'Add a part; parts may be sent at the same time',
    tags,
    params,
    response: withErrors(
      { 200: UploadPart },
      'not_found',
      'invalid_upload_state',
      'file_too_large',
      'body_too_large',
      'unsupported_media_type',
    ),
  };
  const config = { documentedBody: { schema: PartForm, contentType: 'multipart/form-data' } };
  const bodyLimit = uploadPartBytes + FORM_OVERHEAD_BYTES;
  app.post('/uploads/:upload_id/parts', { schema: add, config, bodyLimit }, (request) =>
    receivePart(request, uploadPartBytes, (content) =>
      uploads.addPart(request.projectId, request.params.upload_id, content),
    ),
  );
}
