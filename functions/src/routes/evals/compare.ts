/** /v1/x/evals/:eval_id/compare (extension): two runs compared by paired bootstrap, asked for with a body or with a query. */
import { CompareRuns, RunComparison } from '@preheat/contracts';
import type { App } from '../../app-type.js';
import { compareRuns } from '../../evaluation/compare-runs.js';
import type { Evals } from '../../evaluation/evals.js';
import type { Runs } from '../../evaluation/runs.js';
import { BODY_ERRORS, withErrors } from '../../plugins/error-responses.js';
import { idParameters } from '../path-parameters.js';

const PATH = '/x/evals/:eval_id/compare';
const COMMON = { summary: 'Compare two runs of an eval', tags: ['Evals'], params: idParameters('eval_id') };

export function compareRoutes(app: App, evals: Evals, runs: Runs): void {
  const read = {
    ...COMMON,
    operationId: 'readEvalComparison',
    querystring: CompareRuns,
    response: withErrors({ 200: RunComparison }, 'not_found'),
  };
  app.get(PATH, { schema: read }, async ({ projectId, params, query }) =>
    compareRuns(runs, await evals.get(projectId, params.eval_id), query),
  );

  const ask = {
    ...COMMON,
    operationId: 'compareEvalRuns',
    body: CompareRuns,
    response: withErrors({ 200: RunComparison }, ...BODY_ERRORS, 'not_found'),
  };
  app.post(PATH, { schema: ask }, async ({ projectId, params, body }) =>
    compareRuns(runs, await evals.get(projectId, params.eval_id), body),
  );
}
