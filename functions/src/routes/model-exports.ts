/** POST /v1/x/exports, GET and DELETE /v1/x/exports/:export_id, GET …/files/* (extensions): models for other programs. */
import { Readable } from 'node:stream';
import { ExportModelRequest, ModelExport } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import { ModelExports } from '../models/model-exports.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import { idParameters } from './path-parameters.js';

const tags = ['Models'];
const params = idParameters('export_id');
const Deleted = Type.Object({ id: Type.String(), object: Type.Literal('model.export'), deleted: Type.Literal(true) });
const Binary = Type.Unsafe<Readable>({ type: 'string', format: 'binary' });

export function modelExportRoutes(app: App, deps: ApiDependencies): void {
  const exports = new ModelExports(deps);
  const create = {
    operationId: 'exportModel',
    summary: 'Extension: export a model; answers when the files, read back, were found to compute the same',
    tags,
    body: ExportModelRequest,
    response: withErrors(
      { 200: ModelExport },
      ...BODY_ERRORS,
      'model_not_found',
      'model_expired',
      'model_damaged',
      'model_not_exportable',
      'export_mismatch',
    ),
  };
  app.post('/x/exports', { schema: create }, ({ projectId, body }) => exports.create(projectId, body));

  const retrieve = {
    operationId: 'retrieveExport',
    summary: 'Extension: retrieve an export',
    tags,
    params,
    response: withErrors({ 200: ModelExport }, 'not_found'),
  };
  app.get('/x/exports/:export_id', { schema: retrieve }, ({ projectId, params }) =>
    exports.get(projectId, params.export_id),
  );

  const download = {
    operationId: 'downloadExportFile',
    summary: 'Extension: download a file of an export',
    tags,
    params: Type.Object({
      export_id: Type.String({ minLength: 1, maxLength: 400 }),
      '*': Type.String({ maxLength: 512 }),
    }),
    response: withErrors(
      { 200: { description: 'The bytes.', content: { 'application/octet-stream': { schema: Binary } } } },
      'not_found',
    ),
  };
  app.get('/x/exports/:export_id/files/*', { schema: download }, async ({ projectId, params }, reply) => {
    const { body, size } = await exports.open(projectId, params.export_id, params['*']);
    reply.header('content-type', 'application/octet-stream').header('content-length', String(size));
    return reply.send(Readable.from(body, { objectMode: false }));
  });

  const remove = {
    operationId: 'deleteExport',
    summary: 'Extension: delete an export and its files',
    tags,
    params,
    response: withErrors({ 200: Deleted }, 'not_found'),
  };
  app.delete('/x/exports/:export_id', { schema: remove }, async ({ projectId, params }) => {
    await exports.delete(projectId, params.export_id);
    return { id: params.export_id, object: 'model.export' as const, deleted: true as const };
  });
}
