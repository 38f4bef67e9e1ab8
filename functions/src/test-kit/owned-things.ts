/** One of everything that a project can own, made over the API on first use, by the path parameter that names it. */
import { Evals } from '../evaluation/evals.js';
import { Runs } from '../evaluation/runs.js';
import { workOnRun } from '../evaluation/work-on-run.js';
import type { ApiUnderTest } from './api-under-test.js';
import { multipartBody } from './multipart.js';
import { jsonl, SFT_ROWS } from './rows.js';
import { TINY_BUNDLE } from './tiny-models.js';

export const OWNED_MODEL = 'ft:preheat-1m:proj-one:words:job1:ckpt-step-5';
export const CRITERION = {
  type: 'string_check',
  name: 'exact',
  input: '{{ sample.output_text }}',
  reference: 'x',
  operation: 'eq',
};
export const JSONL_SOURCE = {
  type: 'jsonl',
  source: {
    type: 'file_content',
    content: ['x', 'y'].map((output_text) => ({ item: { word: output_text }, sample: { output_text } })),
  },
};

export class OwnedThings {
  readonly #api: ApiUnderTest;
  readonly #made = new Map<string, Promise<string>>();

  constructor(api: ApiUnderTest) {
    this.#api = api;
  }

  /** @throws Error for a parameter that nothing is known of. */
  named(parameter: string): Promise<string> {
    const known = this.#made.get(parameter);
    if (known) return known;
    const making = this.#make(parameter);
    this.#made.set(parameter, making);
    return making;
  }

  async #make(parameter: string): Promise<string> {
    switch (parameter) {
      case 'file_id':
        return this.#api.upload(jsonl(SFT_ROWS), 'fine-tune', 'sft.jsonl');
      case 'upload_id':
        return this.#post('/v1/uploads', {
          bytes: 3,
          filename: 'a.txt',
          mime_type: 'text/plain',
          purpose: 'user_data',
        });
      case 'part_id':
        return this.#post(`/v1/uploads/${await this.named('upload_id')}/parts`, undefined, PART);
      case 'job_id':
        return this.#post('/v1/fine_tuning/jobs', { model: 'preheat-1m', training_file: await this.named('file_id') });
      case 'model':
      case 'model_checkpoint':
      case '*':
        return this.#model();
      case 'permission_id':
        return this.#permission();
      case 'export_id':
        return this.#post('/v1/x/exports', { model: await this.named('model'), format: 'hf' });
      case 'completion_id': {
        const messages = [{ role: 'user', content: 'cat' }];
        return this.#post('/v1/chat/completions', { model: 'preheat-1m', messages, max_tokens: 2, store: true });
      }
      case 'webhook_endpoint_id':
        return this.#post('/v1/webhook_endpoints', WEBHOOK);
      case 'eval_id': {
        const data_source_config = { type: 'custom', item_schema: {} };
        return this.#post('/v1/evals', { data_source_config, testing_criteria: [CRITERION] });
      }
      case 'alias':
        return this.#post('/v1/x/aliases/best', { model: await this.named('model') });
      case 'run_id':
      case 'item_id':
        return this.#run(parameter);
      default:
        throw new Error(`'${parameter}' is new: say here how a project comes to own one`);
    }
  }

  async #post(url: string, payload: object | undefined, form: object = {}): Promise<string> {
    const answer = await this.#api.call({ method: 'POST', url, ...(payload ? { payload } : {}), ...form });
    if (answer.statusCode >= 300) throw new Error(`${url}: ${answer.body}`);
    return (answer.json() as { id: string }).id;
  }

  async #model(): Promise<string> {
    await this.#api.deps.models.publish({
      schemaVersion: 1,
      name: OWNED_MODEL,
      kind: 'checkpoint',
      projectId: 'proj-one',
      createdAtMs: 1,
      ownedBy: 'proj-one',
      prefix: TINY_BUNDLE,
      jobId: 'ftjob-job1',
      base: 'preheat-1m',
    });
    return OWNED_MODEL;
  }

  async #permission(): Promise<string> {
    const url = `/v1/fine_tuning/checkpoints/${encodeURIComponent(await this.named('model'))}/permissions`;
    const answer = await this.#api.call({ method: 'POST', url, payload: { project_ids: ['proj-three'] } });
    return (answer.json() as { data: { id: string }[] }).data[0]?.id ?? '';
  }

  async #run(parameter: 'run_id' | 'item_id'): Promise<string> {
    const evalId = await this.named('eval_id');
    if (parameter === 'run_id') return this.#post(`/v1/evals/${evalId}/runs`, { data_source: JSONL_SOURCE });
    const { deps } = this.#api;
    const runId = await this.named('run_id');
    const parts = { ...deps, evals: new Evals(deps), runs: new Runs(deps) };
    await workOnRun(parts, { evalId, runId }, { workerId: 'worker', leaseTtlMs: 30_000 });
    const items = await this.#api.call({ url: `/v1/evals/${evalId}/runs/${runId}/output_items` });
    return (items.json() as { data: { id: string }[] }).data[0]?.id ?? '';
  }
}

export const WEBHOOK = { name: 'hook', url: 'https://hooks.example.com/x', event_types: ['fine_tuning.job.succeeded'] };
export const PART = multipartBody([{ field: 'data', filename: 'part', content: 'abc' }]);
