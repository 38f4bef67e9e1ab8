/**
 * GET /v1/models, GET and DELETE /v1/models/:model. Names hold `:` and may hold `/`: clients send it as %2F, people type it
 * as it is, hence the wildcard twins.
 */
import { ModelObject, type ModelRecord } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import { deleteModel } from '../models/delete-model.js';
import { withErrors } from '../plugins/error-responses.js';
import type { Aliases } from '../publishing/aliases.js';
import { findModel } from '../serving/find-model.js';

const tags = ['Models'];
const params = Type.Object({ model: Type.String({ minLength: 1, maxLength: 1024 }) });
const wildcard = Type.Object({ '*': Type.String({ minLength: 1, maxLength: 1024 }) });
const ModelList = Type.Object({ object: Type.Literal('list'), data: Type.Array(ModelObject, { maxItems: 100_000 }) });
const DeletedModel = Type.Object({ id: Type.String(), object: Type.Literal('model'), deleted: Type.Literal(true) });

export function modelRoutes(app: App, deps: ApiDependencies, aliases: Aliases): void {
  const { models } = deps;
  const list = {
    operationId: 'listModels',
    summary: 'List base models, imported and fine-tuned models, checkpoints and aliases',
    tags,
    response: withErrors({ 200: ModelList }),
  };
  app.get('/models', { schema: list }, async ({ projectId }) => {
    const data = (await models.list(projectId)).map(toModelObject);
    const named = new Map(data.map((model) => [model.id, model]));
    const standins = (await aliases.list(projectId)).flatMap(({ alias, current }) => {
      const model = named.get(current.model);
      return model ? [aliased(alias, model)] : [];
    });
    return { object: 'list' as const, data: [...data, ...standins] };
  });

  const retrieveOne = async (projectId: string, name: string) => {
    const model = toModelObject(await findModel(models, projectId, name));
    return model.id === name ? model : aliased(name, model);
  };
  const retrieve = {
    operationId: 'retrieveModel',
    summary: 'Retrieve a model',
    tags,
    params,
    response: withErrors({ 200: ModelObject }, 'model_not_found', 'model_expired'),
  };
  app.get('/models/:model', { schema: retrieve }, ({ projectId, params }) => retrieveOne(projectId, params.model));
  app.get('/models/*', { schema: { hide: true, params: wildcard } }, ({ projectId, params }) =>
    retrieveOne(projectId, params['*']),
  );

  const deleteOne = async (projectId: string, name: string) => {
    const record = await findModel(models, projectId, name);
    if (record.name !== name) {
      await aliases.remove(projectId, name);
      return { id: name, object: 'model' as const, deleted: true as const };
    }
    await deleteModel(deps, record);
    return { id: name, object: 'model' as const, deleted: true as const };
  };
  const remove = {
    operationId: 'deleteModel',
    summary: 'Delete an imported or fine-tuned model, a checkpoint or an alias',
    tags,
    params,
    response: withErrors({ 200: DeletedModel }, 'model_not_found', 'model_expired', 'model_in_use'),
  };
  app.delete('/models/:model', { schema: remove }, ({ projectId, params }) => deleteOne(projectId, params.model));
  app.delete('/models/*', { schema: { hide: true, params: wildcard } }, ({ projectId, params }) =>
    deleteOne(projectId, params['*']),
  );
}

const aliased = (alias: string, model: ModelObject): ModelObject => ({ ...model, id: alias, alias_of: model.id });

const expiry = (expiresAtMs: number): Pick<ModelObject, 'shutdown_date' | 'expires_at'> => ({
  shutdown_date: new Date(expiresAtMs).toISOString().slice(0, 'YYYY-MM-DD'.length),
  expires_at: Math.floor(expiresAtMs / 1000),
});

function toModelObject(record: ModelRecord): ModelObject {
  return {
    id: record.name,
    object: 'model',
    created: Math.floor(record.createdAtMs / 1000),
    owned_by: record.ownedBy,
    ...(record.expiresAtMs ? expiry(record.expiresAtMs) : {}),
  };
}
