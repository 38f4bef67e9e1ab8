/**
 * /v1/evals/:eval_id/runs: create (201), list, retrieve, cancel and delete. Older official clients cancel with a POST to the
 * run itself, newer ones to …/cancel; both are served.
 */
import { CreateRun, EvalRunObject, OneOf, Page, RUN_STATES } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import { requestIdentity } from '../../fine-tuning/request-identity.js';
import type { Evals } from '../../evaluation/evals.js';
import { checkRun, type RunChecks } from '../../evaluation/check-run.js';
import { type Runs, toRunObject } from '../../evaluation/runs.js';
import { pageQuery, pageRequest, toWirePage } from '../../listing/page.js';
import { BODY_ERRORS, withErrors } from '../../plugins/error-responses.js';
import { idParameters } from '../path-parameters.js';

const tags = ['Evals'];
const params = idParameters('eval_id', 'run_id');
const DeletedRun = Type.Object({
  object: Type.Literal('eval.run.deleted'),
  deleted: Type.Literal(true),
  run_id: Type.String(),
});

export interface RunRouteOptions extends RunChecks {
  readonly evals: Evals;
  readonly runs: Runs;
  /** Address clients use, for `report_url`. */
  readonly publicUrl: string;
}

export function runRoutes(app: App, options: RunRouteOptions): void {
  const { evals, runs, publicUrl } = options;
  createRunRoute(app, options);

  const list = {
    operationId: 'listEvalRuns',
    summary: 'List the runs of an eval, oldest first',
    tags,
    params: idParameters('eval_id'),
    querystring: pageQuery(100, { status: Type.Optional(OneOf(RUN_STATES)) }),
    response: withErrors({ 200: Page(EvalRunObject) }, 'not_found'),
  };
  app.get('/evals/:eval_id/runs', { schema: list }, async ({ projectId, params, query }) => {
    await evals.get(projectId, params.eval_id);
    const request = pageRequest(query, { limit: 20, order: 'asc' });
    const page = await runs.list(projectId, params.eval_id, request, query.status);
    return toWirePage(
      page.items.map((run) => toRunObject(run, publicUrl)),
      page.hasMore,
    );
  });

  const retrieve = {
    operationId: 'retrieveEvalRun',
    summary: 'Retrieve a run',
    tags,
    params,
    response: withErrors({ 200: EvalRunObject }, 'not_found'),
  };
  app.get('/evals/:eval_id/runs/:run_id', { schema: retrieve }, async ({ projectId, params }) => {
    return toRunObject(await runs.get(projectId, params.eval_id, params.run_id), publicUrl);
  });

  for (const [path, operationId] of [
    ['/evals/:eval_id/runs/:run_id/cancel', 'cancelEvalRun'],
    ['/evals/:eval_id/runs/:run_id', 'cancelEvalRunByPost'],
  ] as const) {
    const response = withErrors({ 200: EvalRunObject }, 'not_found');
    const schema = { operationId, summary: 'Cancel a run', tags, params, response };
    app.post(path, { schema }, async ({ projectId, params }) => {
      return toRunObject(await runs.cancel(projectId, params.eval_id, params.run_id), publicUrl);
    });
  }

  const remove = {
    operationId: 'deleteEvalRun',
    summary: 'Delete a run and its results',
    tags,
    params,
    response: withErrors({ 200: DeletedRun }, 'not_found'),
  };
  app.delete('/evals/:eval_id/runs/:run_id', { schema: remove }, async ({ projectId, params }) => {
    await runs.delete(projectId, params.eval_id, params.run_id);
    return { object: 'eval.run.deleted' as const, deleted: true as const, run_id: params.run_id };
  });
}

function createRunRoute(app: App, options: RunRouteOptions): void {
  const schema = {
    operationId: 'createEvalRun',
    summary: 'Start a run',
    tags,
    params: idParameters('eval_id'),
    body: CreateRun,
    response: withErrors(
      { 201: EvalRunObject },
      ...BODY_ERRORS,
      'not_found',
      'model_not_available',
      'model_not_found',
      'model_expired',
      'invalid_file_purpose',
      'unsupported_parameter',
      'idempotency_mismatch',
    ),
  };
  app.post('/evals/:eval_id/runs', { schema }, async (request, reply) => {
    const { projectId, params, body } = request;
    const evaluation = await options.evals.get(projectId, params.eval_id);
    const run = await options.runs.createOnce(
      evaluation,
      body,
      () => checkRun(options, evaluation, body),
      requestIdentity(request, `runs of ${evaluation.id} `),
    );
    reply.code(201);
    return toRunObject(run, options.publicUrl);
  });
}
