/** The preflight of jobs and their creation over the API under test, with the smallest model. */
import type { PreflightReport } from '@preheat/contracts';
import type { LightMyRequestResponse } from 'fastify';
import type { AppOptions } from '../api-context.js';
import { type ApiUnderTest, startApi } from './api-under-test.js';
import { jsonl } from './rows.js';

export interface PreflightUnderTest {
  readonly api: ApiUnderTest;
  /** The id of a training file. */
  upload(rows: readonly object[], name?: string): Promise<string>;
  /** @throws Error unless the preflight is answered with a report. */
  report(payload: object): Promise<PreflightReport>;
  create(payload: object): Promise<LightMyRequestResponse>;
}

export const TINY_MODEL = 'preheat-1m';

export async function preflightUnderTest(options: Partial<AppOptions> = {}): Promise<PreflightUnderTest> {
  const api = await startApi(options);
  const post = (url: string, payload: object) =>
    api.call({ method: 'POST', url, payload: { model: TINY_MODEL, ...payload } });
  return {
    api,
    upload: (rows, name = 'rows.jsonl') => api.upload(jsonl(rows), 'fine-tune', name),
    report: async (payload) => {
      const answer = await post('/v1/x/preflight', payload);
      if (answer.statusCode !== 200) throw new Error(answer.body);
      return answer.json() as PreflightReport;
    },
    create: (payload) => post('/v1/fine_tuning/jobs', payload),
  };
}

/** Every answer of the fresh model earns something else. */
export const SIMILARITY = {
  type: 'text_similarity',
  name: 'similarity',
  input: '{{ sample.output_text }}',
  reference: 'K AE T',
  evaluation_metric: 'fuzzy_match',
};

export const supervised = (training_file: string, hyperparameters: object) => ({
  training_file,
  method: { type: 'supervised', supervised: { hyperparameters } },
});

export const reinforcement = (training_file: string, grader: object, hyperparameters: object = {}) => ({
  training_file,
  seed: 1,
  method: {
    type: 'reinforcement',
    reinforcement: { grader, hyperparameters: { max_completion_tokens: 8, ...hyperparameters } },
  },
});

/** A row of one turn. */
export const chat = (question: string, answer: string, more: object = {}) => ({
  messages: [
    { role: 'user', content: question },
    { role: 'assistant', content: answer, ...more },
  ],
});
