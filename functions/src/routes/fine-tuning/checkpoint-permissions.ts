/**
 * /v1/fine_tuning/checkpoints/:model_checkpoint/permissions. Official clients send an admin key from Node and an ordinary
 * one from Python: a key of the project that owns the model does, and so does an admin key, which acts for that project.
 */
import { ApiError, CheckpointPermission, CreatePermissions, Id, OneOf, Page } from '@preheat/contracts';
import { projectOfModel } from '@preheat/jobs';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import { toWirePage } from '../../listing/page.js';
import type { CheckpointPermissions } from '../../models/checkpoint-permissions.js';
import { BODY_ERRORS, withErrors } from '../../plugins/error-responses.js';

const tags = ['Fine-tuning'];
const model = Type.String({ minLength: 1, maxLength: 1024 });
const path = '/fine_tuning/checkpoints/:model_checkpoint/permissions';
const params = Type.Object({ model_checkpoint: model });
const DeletedPermission = Type.Object({
  id: Type.String(),
  object: Type.Literal('checkpoint.permission'),
  deleted: Type.Literal(true),
});
const PermissionQuery = Type.Object({
  after: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  order: Type.Optional(OneOf(['ascending', 'descending'])),
  project_id: Type.Optional(Id),
});

const config = { admin: 'too' as const };

/** @throws ApiError `model_not_found` for a name that carries no project. */
const actForOwner = async (request: FastifyRequest): Promise<void> => {
  if (request.projectId.length > 0) return;
  const { model_checkpoint: name } = request.params as { model_checkpoint: string };
  const owner = projectOfModel(name);
  if (owner === undefined) {
    const message = `'${name}' is no name of a checkpoint or a fine-tuned model; an admin key is told of no other.`;
    throw new ApiError('model_not_found', message, { param: 'model' });
  }
  request.projectId = owner;
};

export function checkpointPermissionRoutes(app: App, permissions: CheckpointPermissions): void {
  const create = {
    operationId: 'createCheckpointPermissions',
    summary: 'Let other projects call a checkpoint',
    tags,
    params,
    body: CreatePermissions,
    response: withErrors({ 200: Page(CheckpointPermission) }, ...BODY_ERRORS, 'model_not_found', 'model_expired'),
  };
  app.post(path, { schema: create, config, preHandler: actForOwner }, async ({ projectId, params, body }) =>
    toWirePage(await permissions.grant(projectId, params.model_checkpoint, body.project_ids), false),
  );

  const list = {
    operationId: 'listCheckpointPermissions',
    summary: 'List who may call a checkpoint, newest first',
    tags,
    params,
    querystring: PermissionQuery,
    response: withErrors({ 200: Page(CheckpointPermission) }, 'model_not_found', 'model_expired'),
  };
  app.get(path, { schema: list, config, preHandler: actForOwner }, async ({ projectId, params, query }) => {
    const { after, limit = 10, order = 'descending', project_id: grantee } = query;
    const wanted = { limit, order: order === 'ascending' ? ('asc' as const) : ('desc' as const) };
    const request = after === undefined ? wanted : { ...wanted, after };
    const page = await permissions.list(projectId, params.model_checkpoint, request, grantee);
    return toWirePage(page.items, page.hasMore);
  });

  const remove = {
    operationId: 'deleteCheckpointPermission',
    summary: 'Take a permission back',
    tags,
    params: Type.Object({ model_checkpoint: model, permission_id: Type.String({ minLength: 1, maxLength: 400 }) }),
    response: withErrors({ 200: DeletedPermission }, 'model_not_found', 'model_expired', 'not_found'),
  };
  app.delete(
    `${path}/:permission_id`,
    { schema: remove, config, preHandler: actForOwner },
    async ({ projectId, params }) => {
      await permissions.revoke(projectId, params.model_checkpoint, params.permission_id);
      return { id: params.permission_id, object: 'checkpoint.permission' as const, deleted: true as const };
    },
  );
}
