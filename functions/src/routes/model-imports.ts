/** POST /v1/x/models (extension): uploaded files of a Hugging Face folder become a model of the project. */
import { ImportModelRequest, ModelImport } from '@preheat/contracts';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import type { FileLibrary } from '../files/file-library.js';
import { importModel } from '../models/import-model.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';

export function modelImportRoute(app: App, deps: ApiDependencies, files: FileLibrary): void {
  const schema = {
    operationId: 'importModel',
    summary: 'Extension: import a model from uploaded files, or only check them',
    tags: ['Models'],
    body: ImportModelRequest,
    response: withErrors({ 200: ModelImport }, ...BODY_ERRORS, 'invalid_model'),
  };
  app.post('/x/models', { schema }, ({ projectId, body }) => importModel(deps, files, projectId, body));
}
