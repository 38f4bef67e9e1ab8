/**
 * What the functions are called with first, over one store: a listing for the API, and for the evaluation function a message
 * that names a run of one item, which it takes, answers with a stored model, grades and records.
 */
import { createHash } from 'node:crypto';
import { openApi, openParts, type Parts } from '@preheat/functions';
import { publishBundle } from '@preheat/checkpoints';
import { BASE_MODELS } from '@preheat/inference/model-registry';
import { functionUrlEvent } from '../../lambda/function-url.js';
import { storedModelBlobs } from './stored-model.js';

type Environment = Readonly<Record<string, string>>;

const KEY = 'sk-cold-start';
const PROJECT = 'cold-start';
const MODEL = 'stored';
const authorization = `Bearer ${KEY}`;
const EVALUATION = {
  data_source_config: { type: 'custom', item_schema: {} },
  testing_criteria: [
    {
      type: 'string_check',
      name: 'exact',
      input: '{{ sample.output_text }}',
      reference: '{{ item.word }}',
      operation: 'eq',
    },
  ],
};
const RUN = {
  data_source: {
    type: 'completions',
    model: MODEL,
    source: { type: 'file_content', content: [{ item: { word: 'cat' } }] },
    input_messages: { type: 'template', template: [{ role: 'user', content: '{{ item.word }}' }] },
    sampling_params: { temperature: 0, max_completion_tokens: 4 },
  },
};

/** The environment of a function over this store. */
export const functionEnvironment = (store: Environment): Environment => ({
  ...store,
  PREHEAT_API_KEY_HASHES: `${createHash('sha256').update(KEY).digest('hex')}:${PROJECT}`,
  PREHEAT_LOG_LEVEL: 'info',
});

export const LIST_JOBS = functionUrlEvent({
  method: 'GET',
  path: '/v1/fine_tuning/jobs?limit=20',
  headers: { authorization },
});

export class FirstCalls {
  readonly #parts: Parts;
  readonly #post: (url: string, payload: object) => Promise<{ id: string }>;
  readonly #evalId: string;

  private constructor(parts: Parts, post: (url: string, payload: object) => Promise<{ id: string }>, evalId: string) {
    this.#parts = parts;
    this.#post = post;
    this.#evalId = evalId;
  }

  /** Puts the model and the eval into the store. */
  static async open(store: Environment): Promise<FirstCalls> {
    const environment = functionEnvironment({ ...store, PREHEAT_LOG_LEVEL: 'error' });
    // The clients of a store on the wire read their keys there.
    for (const [name, value] of Object.entries(store)) if (name.startsWith('AWS_')) process.env[name] = value;
    const parts = await openParts(environment, 'bench', { workers: 0 });
    const app = await openApi(environment, parts);
    const prefix = `bundles/${MODEL}`;
    await publishBundle(parts.store, prefix, storedModelBlobs());
    const record = { schemaVersion: 1 as const, name: MODEL, kind: 'checkpoint' as const, projectId: PROJECT, prefix };
    await parts.models.publish({
      ...record,
      createdAtMs: 0,
      ownedBy: PROJECT,
      jobId: null,
      base: BASE_MODELS[0]?.name ?? null,
    });
    const post = async (url: string, payload: object) => {
      const { statusCode, body } = await app.inject({ method: 'POST', url, payload, headers: { authorization } });
      if (statusCode !== 201) throw new Error(`POST ${url}: ${statusCode} ${body}`);
      return JSON.parse(body) as { id: string };
    };
    const { id } = await post('/v1/evals', EVALUATION);
    return new FirstCalls(parts, post, id);
  }

  /** A queue's message that names a new run. */
  async newRun(): Promise<{ readonly runId: string; readonly event: object }> {
    const { id: runId } = await this.#post(`/v1/evals/${this.#evalId}/runs`, RUN);
    const body = JSON.stringify({ kind: 'eval_run', evalId: this.#evalId, runId });
    return { runId, event: { Records: [{ messageId: runId, body }] } };
  }

  /** @throws Error when the run did not end well: a fast failure is no cold start. */
  async assertEnded(runId: string, output: string): Promise<void> {
    const run = await this.#parts.runs.get(PROJECT, this.#evalId, runId);
    if (run.state !== 'completed' || run.counts.errored > 0) {
      const why = JSON.stringify({ counts: run.counts, error: run.error });
      throw new Error(`the run ended ${run.state} with ${why}:\n${output}`);
    }
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}
