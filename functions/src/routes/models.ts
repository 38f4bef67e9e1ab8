/**
 * GET /v1/models, GET and DELETE /v1/models/:model. Names hold `:` and may hold `/`: clients send it as %2F, people type it
 * as it is, hence the wildcard twins.
 */
import { ApiError, ModelObject, type ModelRecord } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import { withErrors } from '../plugins/error-responses.js';
import { findModel } from '../serving/find-model.js';

const tags = ['Models'];
const params = Type.Object({ model: Type.String({ minLength: 1, maxLength: 1024 }) });
const wildcard = Type.Object({ '*': Type.String({ minLength: 1, maxLength: 1024 }) });
const ModelList = Type.Object({ object: Type.Literal('list'), data: Type.Array(ModelObject, { maxItems: 100_000 }) });
const DeletedModel = Type.Object({ id: Type.String(), object: Type.Literal('model'), deleted: Type.Literal(true) });

export function modelRoutes(app: App, { models }: ApiDependencies): void {
  const list = {
    operationId: 'listModels',
    summary: 'List base models, imported and fine-tuned models and checkpoints',
    tags,
    response: withErrors({ 200: ModelList }),
  };
  app.get('/models', { schema: list }, async ({ projectId }) => {
    const data = (await models.list(projectId)).map(toModelObject);
    return { object: 'list' as const, data };
  });

  const retrieveOne = async (projectId: string, name: string) =>
    toModelObject(await findModel(models, projectId, name));
  const retrieve = {
    operationId: 'retrieveModel',
    summary: 'Retrieve a model',
    tags,
    params,
    response: withErrors({ 200: ModelObject }, 'model_not_found'),
  };
  app.get('/models/:model', { schema: retrieve }, ({ projectId, params }) => retrieveOne(projectId, params.model));
  app.get('/models/*', { schema: { hide: true, params: wildcard } }, ({ projectId, params }) =>
    retrieveOne(projectId, params['*']),
  );

  const deleteOne = async (projectId: string, name: string) => {
    const record = await findModel(models, projectId, name);
    if (record.kind === 'base') {
      throw new ApiError('invalid_request', `'${name}' is a base model; base models cannot be deleted.`, {
        param: 'model',
      });
    }
    await models.remove(projectId, name);
    return { id: name, object: 'model' as const, deleted: true as const };
  };
  const remove = {
    operationId: 'deleteModel',
    summary: 'Delete an imported or fine-tuned model or a checkpoint',
    tags,
    params,
    response: withErrors({ 200: DeletedModel }, 'model_not_found'),
  };
  app.delete('/models/:model', { schema: remove }, ({ projectId, params }) => deleteOne(projectId, params.model));
  app.delete('/models/*', { schema: { hide: true, params: wildcard } }, ({ projectId, params }) =>
    deleteOne(projectId, params['*']),
  );
}

function toModelObject(record: ModelRecord): ModelObject {
  return {
    id: record.name,
    object: 'model',
    created: Math.floor(record.createdAtMs / 1000),
    owned_by: record.ownedBy,
  };
}
