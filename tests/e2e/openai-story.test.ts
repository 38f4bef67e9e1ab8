/** The demo's story told by the official, unmodified `openai` SDK, against real processes. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Platform, startPlatform } from './platform.js';
import { createSmallJob, evalRows, eventsOf, GRADER, officialClient, pipelineSteps, upload } from './small-job.js';
import { waitFor } from './wait-for.js';

const SIZES = { sftSteps: 10, rlSteps: 4 };
const EVAL_WORDS = 20;
const TIMEOUT_MS = 180_000;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
}, TIMEOUT_MS);
afterAll(() => platform.stop());

it('trains SFT then RL, follows events, calls and evaluates every checkpoint', { timeout: TIMEOUT_MS }, async () => {
  const client = officialClient(platform.baseURL);
  platform.startRunner('runner-1');
  const created = await createSmallJob(client, SIZES);
  expect(created).toMatchObject({ object: 'fine_tuning.job', status: 'queued', model: 'preheat-1m', seed: 5 });

  const job = await waitFor(
    'the job ending',
    () => client.fineTuning.jobs.retrieve(created.id),
    ({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status),
    TIMEOUT_MS,
  );
  expect(job, platform.logs()).toMatchObject({ status: 'succeeded', error: null });
  expect(job.fine_tuned_model).toMatch(/^ft:preheat-1m:[^:]+:e2e:/);
  expect(job.trained_tokens).toBeGreaterThan(0);

  const events = await eventsOf(client, job.id);
  expect(pipelineSteps(events)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
  expect(events[0]?.message).toBe('Created fine-tuning job');
  expect(events.at(-1)?.message).toBe('The job has successfully completed');

  const checkpoints = await client.fineTuning.jobs.checkpoints.list(job.id);
  expect(checkpoints.data.map(({ step_number }) => step_number)).toEqual([14, 13, 10, 5]);
  for (const { fine_tuned_model_checkpoint: model } of checkpoints.data) {
    const answer = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'cat' }],
      max_completion_tokens: 16,
      temperature: 0,
    });
    expect(answer).toMatchObject({ model, choices: [{ message: { role: 'assistant' } }] });
  }

  const rows = await upload(client, 'test.jsonl', evalRows(EVAL_WORDS), 'evals');
  const evaluation = await client.evals.create({
    name: 'letter-to-sound',
    data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
    testing_criteria: [{ ...GRADER, pass_threshold: 1 } as never],
  });
  const run = await client.evals.runs.create(evaluation.id, {
    name: 'final',
    data_source: {
      type: 'completions',
      model: job.fine_tuned_model as string,
      source: { type: 'file_id', id: rows.id },
      input_messages: { type: 'template', template: [{ role: 'user', content: '{{ item.word }}' }] },
      sampling_params: { temperature: 0, seed: 1, max_completion_tokens: 24 },
    },
  });
  const ended = await waitFor(
    'the run ending',
    () => client.evals.runs.retrieve(run.id, { eval_id: evaluation.id }),
    ({ status }) => status !== 'queued' && status !== 'in_progress',
    TIMEOUT_MS,
  );
  expect(ended).toMatchObject({ status: 'completed', result_counts: { total: EVAL_WORDS, errored: 0 } });
  const items = [];
  for await (const item of client.evals.runs.outputItems.list(run.id, { eval_id: evaluation.id, limit: 7 })) {
    items.push(item);
  }
  expect(items).toHaveLength(EVAL_WORDS);
});
