/** A reinforcement job with answers in segments and forks, from the request over HTTP to the model, on real processes. */
import { letterToSound, toRftRow } from '@preheat/tasks';
import type OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Platform, startPlatform } from './platform.js';
import { eventsOf, officialClient, upload } from './small-job.js';
import { waitFor } from './wait-for.js';

const TIMEOUT_MS = 180_000;
const STEPS = 2;
/** Every answer earns something else, from fresh weights on. */
const GRADER = {
  type: 'text_similarity',
  name: 'similarity',
  input: '{{ sample.output_text }}',
  reference: 'K AE T',
  evaluation_metric: 'fuzzy_match',
};

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, TIMEOUT_MS);
afterAll(() => platform.stop());

it('is trained as it was asked for, and refused where that cannot be', { timeout: TIMEOUT_MS }, async () => {
  const client = officialClient(platform.baseURL);
  const rows = letterToSound().train.slice(0, 16).map(toRftRow);
  const file = await upload(client, 'rl.jsonl', rows, 'fine-tune');
  const create = (answer_segments: object[], more: object = {}) => {
    const hyperparameters = {
      ...{ batch_size: 4, group_size: 4, max_steps: STEPS, max_completion_tokens: 12 },
      ...{ answer_segments, ...more },
    };
    const method = { type: 'reinforcement', reinforcement: { grader: GRADER, hyperparameters } };
    // Hyperparameters beyond OpenAI's are preheat's extension; the client passes fields it does not know.
    const request = { model: 'preheat-1m', training_file: file.id, seed: 5, method };
    return client.fineTuning.jobs.create(request as unknown as OpenAI.FineTuning.JobCreateParams);
  };
  await expect(create([{ max_tokens: 2, forks: 3 }, {}])).rejects.toMatchObject({
    status: 400,
    param: 'method.reinforcement.hyperparameters.answer_segments.0.forks',
  });
  const job = await create([
    { until: 'T', max_tokens: 3, temperature: 1.4, forks: 2 },
    { temperature: 0.6, top_p: 0.9 },
  ]);
  platform.startRunner('runner-1');
  const ended = await waitFor(
    'the job ending',
    () => client.fineTuning.jobs.retrieve(job.id),
    ({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status),
    TIMEOUT_MS,
  );
  expect(ended.status, platform.logs()).toBe('succeeded');
  const steps = (await eventsOf(client, job.id)).flatMap(({ type, data }) =>
    type === 'metrics' ? [data as Record<string, number>] : [],
  );
  expect(steps).toHaveLength(STEPS);
  for (const step of steps) {
    expect(step['forked_fraction']).toBeGreaterThan(0);
    expect(step['trained_rows']).toBeGreaterThan(0);
    expect(step['max_logprob_mismatch']).toBeLessThan(1e-4);
  }
});
