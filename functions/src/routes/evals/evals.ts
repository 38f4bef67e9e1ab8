/** /v1/evals: create (201), list, retrieve, update and delete. */
import { ApiError, CreateEval, EvalObject, Metadata, Nullable, OneOf, Page } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import { type Evals, toEvalObject } from '../../evaluation/evals.js';
import { pageQuery, pageRequest, toWirePage } from '../../listing/page.js';
import { BODY_ERRORS, withErrors } from '../../plugins/error-responses.js';
import { idParameters } from '../path-parameters.js';

const tags = ['Evals'];
const params = idParameters('eval_id');
const EvalUpdate = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  metadata: Type.Optional(Nullable(Metadata)),
});
const DeletedEval = Type.Object({
  object: Type.Literal('eval.deleted'),
  deleted: Type.Literal(true),
  eval_id: Type.String(),
});

export function evalRoutes(app: App, evals: Evals): void {
  const create = {
    operationId: 'createEval',
    summary: 'Create an eval',
    tags,
    body: CreateEval,
    response: withErrors({ 201: EvalObject }, ...BODY_ERRORS, 'invalid_grader', 'unsupported_parameter'),
  };
  app.post('/evals', { schema: create }, async ({ projectId, body }, reply) => {
    reply.code(201);
    return toEvalObject(await evals.create(projectId, body));
  });

  const list = {
    operationId: 'listEvals',
    summary: 'List evals, oldest first',
    tags,
    querystring: pageQuery(100, { order_by: Type.Optional(OneOf(['created_at', 'updated_at'])) }),
    response: withErrors({ 200: Page(EvalObject) }, 'unsupported_parameter'),
  };
  app.get('/evals', { schema: list }, async ({ projectId, query }) => {
    if (query.order_by === 'updated_at') {
      const message = "Evals are kept in the order of their creation; 'order_by' takes 'created_at' only.";
      throw new ApiError('unsupported_parameter', message, { param: 'order_by' });
    }
    const page = await evals.list(projectId, pageRequest(query, { limit: 20, order: 'asc' }));
    return toWirePage(page.items.map(toEvalObject), page.hasMore);
  });

  const retrieve = {
    operationId: 'retrieveEval',
    summary: 'Retrieve an eval',
    tags,
    params,
    response: withErrors({ 200: EvalObject }, 'not_found'),
  };
  app.get('/evals/:eval_id', { schema: retrieve }, async ({ projectId, params }) => {
    return toEvalObject(await evals.get(projectId, params.eval_id));
  });

  const update = {
    operationId: 'updateEval',
    summary: 'Change the name or the metadata of an eval',
    tags,
    params,
    body: EvalUpdate,
    response: withErrors({ 200: EvalObject }, ...BODY_ERRORS, 'not_found'),
  };
  app.post('/evals/:eval_id', { schema: update }, async ({ projectId, params, body }) => {
    return toEvalObject(await evals.update(projectId, params.eval_id, body));
  });

  const remove = {
    operationId: 'deleteEval',
    summary: 'Delete an eval and its runs',
    tags,
    params,
    response: withErrors({ 200: DeletedEval }, 'not_found'),
  };
  app.delete('/evals/:eval_id', { schema: remove }, async ({ projectId, params }) => {
    await evals.delete(projectId, params.eval_id);
    return { object: 'eval.deleted' as const, deleted: true as const, eval_id: params.eval_id };
  });
}
