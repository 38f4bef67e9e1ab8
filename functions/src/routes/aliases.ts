/** /v1/x/aliases (extension): names that stand for models; listed, moved by hand, deleted. */
import { AliasName, ApiError, ModelAlias, type ModelRecord, MoveAlias, TERMINAL_STATES } from '@preheat/contracts';
import { restoreModel } from '@preheat/jobs';
import Type from 'typebox';
import type { App } from '../app-type.js';
import type { ApiDependencies } from '../dependencies.js';
import { BODY_ERRORS, withErrors } from '../plugins/error-responses.js';
import { type Aliases, refuseTakenName, toModelAlias } from '../publishing/aliases.js';
import { isStorable, refuseGone } from '../serving/find-model.js';

const tags = ['Models'];
const params = Type.Object({ alias: AliasName });
const AliasList = Type.Object({ object: Type.Literal('list'), data: Type.Array(ModelAlias, { maxItems: 100_000 }) });
const DeletedAlias = Type.Object({
  id: Type.String(),
  object: Type.Literal('model.alias'),
  deleted: Type.Literal(true),
});

export function aliasRoutes(app: App, deps: ApiDependencies, aliases: Aliases): void {
  const list = { operationId: 'listAliases', summary: 'List aliases by name', tags };
  app.get('/x/aliases', { schema: { ...list, response: withErrors({ 200: AliasList }) } }, async ({ projectId }) => {
    return { object: 'list' as const, data: (await aliases.list(projectId)).map(toModelAlias) };
  });

  const retrieve = { operationId: 'retrieveAlias', summary: 'Retrieve an alias', tags, params };
  const found = withErrors({ 200: ModelAlias }, 'not_found');
  app.get('/x/aliases/:alias', { schema: { ...retrieve, response: found } }, async ({ projectId, params }) =>
    toModelAlias(await aliases.get(projectId, params.alias)),
  );

  const move = {
    operationId: 'moveAlias',
    summary: 'Let an alias stand for a model, at once',
    tags,
    params,
    body: MoveAlias,
    response: withErrors(
      { 200: ModelAlias },
      ...BODY_ERRORS,
      'model_not_available',
      'model_not_found',
      'model_expired',
    ),
  };
  app.post('/x/aliases/:alias', { schema: move }, async ({ projectId, params, body }) => {
    await refuseTakenName(deps, projectId, params.alias, 'alias');
    const record = await refuseUnsteady(deps, projectId, body.model);
    const moved = await aliases.move(projectId, params.alias, body.model);
    // Its name may have gone in between, for who did not see the alias yet.
    if (record.kind !== 'base') await restoreModel(deps.store, record);
    return toModelAlias(moved);
  });

  const remove = { operationId: 'deleteAlias', summary: 'Delete an alias; its model stays', tags, params };
  const deleted = withErrors({ 200: DeletedAlias }, 'not_found');
  app.delete('/x/aliases/:alias', { schema: { ...remove, response: deleted } }, async ({ projectId, params }) => {
    await aliases.remove(projectId, params.alias);
    return { id: params.alias, object: 'model.alias' as const, deleted: true as const };
  });
}

/** Only what is there and stays: a job under way may drop its checkpoints. */
async function refuseUnsteady(
  { models, jobs }: ApiDependencies,
  projectId: string,
  name: string,
): Promise<ModelRecord> {
  const record = isStorable(name) ? await models.findNamed(projectId, name) : undefined;
  if (!record) {
    await refuseGone(models, projectId, name);
    const message = `The model '${name}' does not exist in this project. GET /v1/models lists those that do.`;
    throw new ApiError('model_not_available', message, { param: 'model' });
  }
  const job = record.kind === 'checkpoint' && record.jobId ? await jobs.get(projectId, record.jobId) : undefined;
  if (!job || TERMINAL_STATES.has(job.state)) return record;
  const message = `'${name}' is a checkpoint of ${job.id}, which is ${job.state} and may drop it; wait for its end.`;
  throw new ApiError('invalid_request', message, { param: 'model' });
}
