/** GET /v1/files, /v1/files/:file_id and …/content; DELETE /v1/files/:file_id. */
import { Readable } from 'node:stream';
import { FileObject, FilePurpose, Page } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import type { ApiDependencies } from '../../dependencies.js';
import type { FileLibrary } from '../../files/file-library.js';
import { pageQuery, pageRequest, toWirePage } from '../../listing/page.js';
import { refuseInUse, usesNow } from '../../models/refuse-in-use.js';
import { withErrors } from '../../plugins/error-responses.js';
import { idParameters } from '../path-parameters.js';

const tags = ['Files'];
const params = idParameters('file_id');
const DeletedFile = Type.Object({ id: Type.String(), object: Type.Literal('file'), deleted: Type.Literal(true) });
const Binary = Type.Unsafe<Readable>({ type: 'string', format: 'binary' });

export function fileReadRoutes(app: App, deps: ApiDependencies, files: FileLibrary): void {
  const list = {
    operationId: 'listFiles',
    summary: 'List files, newest first',
    tags,
    querystring: pageQuery(10_000, { purpose: Type.Optional(FilePurpose) }),
    response: withErrors({ 200: Page(FileObject) }),
  };
  app.get('/files', { schema: list }, async ({ projectId, query }) => {
    const page = await files.list(projectId, pageRequest(query, { limit: 10_000, order: 'desc' }), query.purpose);
    return toWirePage(page.items, page.hasMore);
  });

  const retrieve = {
    operationId: 'retrieveFile',
    summary: 'Retrieve a file',
    tags,
    params,
    response: withErrors({ 200: FileObject }, 'not_found'),
  };
  app.get('/files/:file_id', { schema: retrieve }, async (request) => {
    return (await files.get(request.projectId, request.params.file_id)).file;
  });

  const content = {
    operationId: 'downloadFile',
    summary: 'Download the content of a file',
    tags,
    params,
    response: withErrors(
      { 200: { description: 'The bytes.', content: { 'application/octet-stream': { schema: Binary } } } },
      'not_found',
    ),
  };
  app.get('/files/:file_id/content', { schema: content }, async (request, reply) => {
    const { body, size } = await files.content(request.projectId, request.params.file_id);
    reply.header('content-type', 'application/octet-stream').header('content-length', String(size));
    return reply.send(Readable.from(body, { objectMode: false }));
  });

  const remove = {
    operationId: 'deleteFile',
    summary: 'Delete a file, unless a job or an evaluation run under way reads it',
    tags,
    params,
    response: withErrors({ 200: DeletedFile }, 'not_found', 'file_in_use'),
  };
  app.delete('/files/:file_id', { schema: remove }, async (request) => {
    const { projectId, params } = request;
    const id = params.file_id;
    await files.get(projectId, id);
    refuseInUse(await usesNow(deps).ofFile(projectId, id), 'file_in_use', id, 'file_id');
    await files.delete(projectId, id);
    return { id, object: 'file' as const, deleted: true as const };
  });
}
