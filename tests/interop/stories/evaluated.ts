/** Graders, evals with runs and output items, models: items 2, 3, 6, 10, 12 and 17 of the checklist. */
import type OpenAI from 'openai-7';
import { expect } from 'vitest';
import { waitFor } from '../../e2e/wait-for.js';
import { collect, EXACT, refusal, type Story } from './story.js';

const TIMEOUT_MS = 120_000;

export async function gradedSample({ client }: Story): Promise<void> {
  const { graders } = client.fineTuning.alpha;
  const sample = { model_sample: 'K', item: { references: ['K'] } };
  expect(await graders.run({ grader: EXACT, ...sample })).toMatchObject({ reward: 1 });
  expect(await graders.validate({ grader: EXACT })).toEqual({ grader: EXACT });
  const shapes = [{ exact: EXACT }, [EXACT], EXACT];
  for (const shape of shapes) {
    const grader = { type: 'multi' as const, name: 'all', graders: shape as never, calculate_output: '0.5 * exact' };
    expect((await graders.run({ grader, ...sample })).reward).toBe(0.5);
  }
  const wrong = refusal(graders.validate({ grader: { ...EXACT, operation: 'about' as never } }));
  expect(await wrong).toMatchObject({ status: 400, code: 'invalid_grader', param: 'grader.operation' });
}

/** @param model The model of a finished job. */
export async function evaluated(story: Story, model: string): Promise<void> {
  const { client } = story;
  const evaluation = await client.evals.create({
    name: 'words',
    metadata: { kind: 'interop' },
    data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
    testing_criteria: [EXACT],
  });
  expect((await client.evals.retrieve(evaluation.id)).name).toBe('words');
  const ended = await runToItsEnd(client, evaluation.id, model);
  expect(ended).toMatchObject({ status: 'completed', result_counts: { total: 3, errored: 0 } });
  const query = { eval_id: evaluation.id };
  const items = await collect(client.evals.runs.outputItems.list(ended.id, { ...query, limit: 1 }));
  expect(items.map(({ datasource_item_id }) => datasource_item_id)).toEqual([0, 1, 2]);
  const failed = await client.evals.runs.outputItems.list(ended.id, { ...query, status: 'fail' });
  expect(failed.data).toHaveLength(ended.result_counts.failed);
  const [first] = items;
  const again = await client.evals.runs.outputItems.retrieve(first?.id ?? '', { ...query, run_id: ended.id });
  expect(again).toEqual(first);
  await ending(story, evaluation.id, ended.id);
}

async function runToItsEnd(client: OpenAI, evalId: string, model: string) {
  const words = ['cat', 'dog', 'bed'];
  const content = words.map((word) => ({ item: { word, references: ['K AE T'] } }));
  const run = await client.evals.runs.create(evalId, {
    name: 'final',
    data_source: {
      type: 'completions',
      model,
      source: { type: 'file_content', content },
      input_messages: { type: 'template', template: [{ role: 'user', content: '{{ item.word }}' }] },
      sampling_params: { temperature: 0, seed: 1, max_completion_tokens: 16 },
    },
  });
  return waitFor(
    'the run ending',
    () => client.evals.runs.retrieve(run.id, { eval_id: evalId }),
    ({ status }) => status !== 'queued' && status !== 'in_progress',
    TIMEOUT_MS,
  );
}

async function ending({ client }: Story, evalId: string, runId: string): Promise<void> {
  const query = { eval_id: evalId };
  const content = Array.from({ length: 200 }, () => ({ item: { references: ['x'] }, sample: { output_text: 'x' } }));
  const given = await client.evals.runs.create(evalId, {
    data_source: { type: 'jsonl', source: { type: 'file_content', content } },
  });
  // Ended by itself or canceled: with one l.
  expect(['canceled', 'completed']).toContain((await client.evals.runs.cancel(given.id, query)).status);
  expect((await collect(client.evals.runs.list(evalId, { limit: 1 }))).map(({ id }) => id)).toEqual([runId, given.id]);
  expect(await client.evals.runs.delete(given.id, query)).toMatchObject({ deleted: true, run_id: given.id });
  expect((await client.evals.update(evalId, { name: 'renamed' })).name).toBe('renamed');
  expect((await client.evals.list({ order: 'desc', limit: 1 })).data[0]?.id).toBe(evalId);
  expect((await client.evals.delete(evalId)).deleted).toBe(true);
  expect(await refusal(client.evals.retrieve(evalId))).toMatchObject({ status: 404 });
}

export async function models({ client }: Story, model: string): Promise<void> {
  expect((await collect(client.models.list())).map(({ id }) => id)).toContain(model);
  expect((await client.models.retrieve(model)).id).toBe(model);
  const long = `ft:base/tiny:org:${'s'.repeat(64)}:${'x'.repeat(30)}:ckpt-step-1000`;
  expect(await refusal(client.models.retrieve(long))).toMatchObject({ status: 404, code: 'model_not_found' });
  expect((await client.models.delete(model)).deleted).toBe(true);
  expect(await refusal(client.models.retrieve(model))).toMatchObject({ status: 404 });
}
