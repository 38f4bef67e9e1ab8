/** An eval of the API under test, and a worker that takes its runs when the test says so. */
import type { EvalObject, EvalRunObject, OutputItem } from '@preheat/contracts';
import { Evals } from '../evaluation/evals.js';
import { Runs } from '../evaluation/runs.js';
import { type RunWorkerOptions, workOnRun } from '../evaluation/work-on-run.js';
import { type ApiUnderTest, startApi } from './api-under-test.js';
import { EVAL_ROWS, GRADER } from './rows.js';

export const EXACT = {
  type: 'string_check',
  name: 'exact',
  input: '{{ sample.output_text }}',
  reference: '{{ item.references[0] }}',
  operation: 'eq',
} as const;
export const CRITERIA = [{ ...GRADER, pass_threshold: 0.5 }, EXACT];
export const TEMPLATE = { type: 'template', template: [{ role: 'user', content: '{{ item.word }}' }] };
export const COMPLETIONS = {
  type: 'completions',
  model: 'preheat-1m',
  source: { type: 'file_content', content: EVAL_ROWS },
  input_messages: TEMPLATE,
  sampling_params: { temperature: 0, max_completion_tokens: 4 },
};
export const WORKER: RunWorkerOptions = { workerId: 'worker', leaseTtlMs: 30_000 };

export interface RunsUnderTest {
  readonly api: ApiUnderTest;
  /** Of the runs. */
  readonly url: string;
  /** @param fields Of the request, beside name and data source. */
  start(source: object, fields?: object): Promise<EvalRunObject>;
  read(run: { id: string }): Promise<EvalRunObject>;
  items(run: { id: string }, query?: string): Promise<{ data: OutputItem[]; has_more: boolean; last_id: string }>;
  readonly worker: Parameters<typeof workOnRun>[0];
  work(run: { id: string }, options?: Partial<RunWorkerOptions>): ReturnType<typeof workOnRun>;
}

const ANY_ITEM = { data_source_config: { type: 'custom', item_schema: {} }, testing_criteria: CRITERIA };

export async function runsUnderTest(evaluation: object = {}, api?: ApiUnderTest): Promise<RunsUnderTest> {
  const { call, deps } = (api ??= await startApi());
  const created = await call({ method: 'POST', url: '/v1/evals', payload: { ...ANY_ITEM, ...evaluation } });
  if (created.statusCode !== 201) throw new Error(created.body);
  const { id } = created.json() as EvalObject;
  const url = `/v1/evals/${id}/runs`;
  const worker = { ...deps, evals: new Evals(deps), runs: new Runs(deps) };
  return {
    api,
    url,
    worker,
    read: async (run) => (await call({ url: `${url}/${run.id}` })).json() as EvalRunObject,
    start: async (data_source, fields) => {
      const response = await call({ method: 'POST', url, payload: { name: 'run', data_source, ...fields } });
      if (response.statusCode !== 201) throw new Error(response.body);
      return response.json() as EvalRunObject;
    },
    items: async (run, query = '') => (await call({ url: `${url}/${run.id}/output_items?${query}` })).json(),
    work: (run, options) => workOnRun(worker, { evalId: id, runId: run.id }, { ...WORKER, ...options }),
  };
}
