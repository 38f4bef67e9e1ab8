/** /v1/evals/:eval_id/runs/:run_id/output_items: results as they come in, also while the run is under way. */
import { ApiError, OneOf, OutputItem, Page, type StoredRun } from '@preheat/contracts';
import Type from 'typebox';
import type { App } from '../../app-type.js';
import type { ApiDependencies } from '../../dependencies.js';
import { itemIndex } from '../../evaluation/item-evaluation.js';
import { readItems } from '../../evaluation/item-log.js';
import type { Runs } from '../../evaluation/runs.js';
import { type PageRequest, pageQuery, pageRequest, toWirePage } from '../../listing/page.js';
import { withErrors } from '../../plugins/error-responses.js';
import { idParameters } from '../path-parameters.js';

const tags = ['Evals'];

export function outputItemRoutes(app: App, runs: Runs, { store }: ApiDependencies): void {
  const list = {
    operationId: 'listOutputItems',
    summary: 'List the results of a run, in the order of its data source',
    tags,
    params: idParameters('eval_id', 'run_id'),
    querystring: pageQuery(1000, { status: Type.Optional(OneOf(['pass', 'fail', 'error'])) }),
    response: withErrors({ 200: Page(OutputItem) }, 'not_found'),
  };
  app.get('/evals/:eval_id/runs/:run_id/output_items', { schema: list }, async ({ projectId, params, query }) => {
    const run = await runs.get(projectId, params.eval_id, params.run_id);
    const request = pageRequest(query, { limit: 20, order: 'asc' });
    const found: OutputItem[] = [];
    for await (const item of itemsOf(run, request)) {
      if (query.status !== undefined && item.status !== query.status) continue;
      found.push(item);
      if (found.length > request.limit) break;
    }
    return toWirePage(found.slice(0, request.limit), found.length > request.limit);
  });

  const retrieve = {
    operationId: 'retrieveOutputItem',
    summary: 'Retrieve one result',
    tags,
    params: idParameters('eval_id', 'run_id', 'item_id'),
    response: withErrors({ 200: OutputItem }, 'not_found'),
  };
  app.get('/evals/:eval_id/runs/:run_id/output_items/:item_id', { schema: retrieve }, async ({ projectId, params }) => {
    const run = await runs.get(projectId, params.eval_id, params.run_id);
    const index = itemIndex(run.id, params.item_id);
    for await (const item of readItems(store, run, index ?? Infinity)) if (item.id === params.item_id) return item;
    throw new ApiError('not_found', `Run ${run.id} has no result ${params.item_id} yet.`, { param: 'item_id' });
  });

  async function* itemsOf(run: StoredRun, { after, order }: PageRequest): AsyncGenerator<OutputItem> {
    const position = after === undefined ? undefined : positionOf(run, after);
    if (order === 'asc') {
      const from = position === undefined ? 0 : position + 1;
      for await (const item of readItems(store, run, from)) if (positionOf(run, item.id) >= from) yield item;
      return;
    }
    for (const segment of [...run.segments].reverse()) {
      if (position !== undefined && segment.first >= position) continue;
      const items: OutputItem[] = [];
      for await (const item of readItems(store, { ...run, segments: [segment] })) items.push(item);
      yield* items.reverse().filter((item) => position === undefined || positionOf(run, item.id) < position);
    }
  }
}

function positionOf(run: StoredRun, after: string): number {
  const index = itemIndex(run.id, after);
  if (index !== undefined) return index;
  throw new ApiError('invalid_request', `'after' is no result of this run: ${after}.`, { param: 'after' });
}
