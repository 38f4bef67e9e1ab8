/** Graders, evals with runs and output items, models: items 2, 3, 6, 10, 12 and 17 of the checklist. */
import type OpenAI from 'openai-7';
import { expect } from 'vitest';
import { waitFor } from '../../e2e/wait-for.js';
import { SamplingParams } from '../wire/evals.js';
import type { Marks } from '../wire/notation.js';
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
  const final = await runToItsEnd(client, evaluation.id, model);
  expect(final).toMatchObject({ status: 'completed', result_counts: { total: 3, errored: 0 } });
  const query = { eval_id: evaluation.id };
  const items = await collect(client.evals.runs.outputItems.list(final.id, { ...query, limit: 1 }));
  expect(items.map(({ datasource_item_id }) => datasource_item_id)).toEqual([0, 1, 2]);
  const failed = await client.evals.runs.outputItems.list(final.id, { ...query, status: 'fail' });
  expect(failed.data).toHaveLength(final.result_counts.failed);
  const [first] = items;
  const again = await client.evals.runs.outputItems.retrieve(first?.id ?? '', { ...query, run_id: final.id });
  expect(again).toEqual(first);
  await refusedSampling(story, evaluation.id, model);
  await heldToFormat(story, evaluation.id, model);
  await sampledOften(story, evaluation.id, model);
  await storedAnswers(story, model);
  await ending(story, evaluation.id, final.id);
}

const rowsOf = (words: readonly string[]) => words.map((word) => ({ item: { word, references: ['K AE T'] } }));

const answered = (model: string, sampling_params: object) => ({
  type: 'completions' as const,
  model,
  source: { type: 'file_content' as const, content: rowsOf(['cat']) },
  input_messages: { type: 'template' as const, template: [{ role: 'user' as const, content: '{{ item.word }}' }] },
  sampling_params,
});

/** What is not honoured is refused by name. */
async function refusedSampling({ client }: Story, evalId: string, model: string): Promise<void> {
  const fields = SamplingParams.properties as unknown as Readonly<Record<string, Marks>>;
  for (const [name, { 'x-refused': mark }] of Object.entries(fields)) {
    if (!mark) continue;
    const data_source = answered(model, { [name]: mark.value });
    const error = await refusal(client.evals.runs.create(evalId, { data_source: data_source as never }));
    const param = `data_source.sampling_params.${name}`;
    expect(error, name).toMatchObject({ status: 400, code: 'unsupported_parameter', param });
  }
}

/** Answers are documents of the schema, in the words of both APIs. */
async function heldToFormat({ client }: Story, evalId: string, model: string): Promise<void> {
  const schema = { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] };
  const format = { name: 'answer', schema, strict: true };
  const rest = { seed: 1, max_completion_tokens: 100 };
  const sources = [
    answered(model, { ...rest, response_format: { type: 'json_schema', json_schema: format } }),
    {
      ...answered(model, { ...rest, text: { format: { type: 'json_schema', ...format } } }),
      type: 'responses' as const,
    },
  ];
  for (const data_source of sources) {
    const created = await client.evals.runs.create(evalId, { data_source: data_source as never });
    const run = await ended(client, evalId, created.id);
    expect(run).toMatchObject({ status: 'completed', result_counts: { total: 1, errored: 0 } });
    const { data } = await client.evals.runs.outputItems.list(run.id, { eval_id: evalId });
    const said = JSON.parse(data[0]?.sample.output[0]?.content ?? '') as { sure: unknown };
    expect(typeof said.sure).toBe('boolean');
    await client.evals.runs.delete(run.id, { eval_id: evalId });
  }
}

/** An extension goes through the client as it is, there and back. */
async function sampledOften({ client }: Story, evalId: string, model: string): Promise<void> {
  const data_source = answered(model, { seed: 1, max_completion_tokens: 8 });
  const body = { data_source, samples_per_item: 4, pass_at_k: [1, 4] };
  const run = await ended(client, evalId, (await client.evals.runs.create(evalId, body)).id);
  expect(run).toMatchObject({ status: 'completed', result_counts: { total: 4 }, samples_per_item: 4 });
  expect((run as unknown as { pass_at_k: unknown[] }).pass_at_k).toHaveLength(4);
  expect(await client.evals.runs.delete(run.id, { eval_id: evalId })).toMatchObject({ deleted: true });
}

/** Completions that were kept are rows of an eval, found by metadata and judged by a model. */
async function storedAnswers({ client }: Story, model: string): Promise<void> {
  const metadata = { story: model };
  const messages = [{ role: 'user' as const, content: 'cat' }];
  const kept = await client.chat.completions.create({
    model,
    messages,
    store: true,
    metadata,
    max_completion_tokens: 8,
  });
  const evaluation = await client.evals.create({
    data_source_config: { type: 'stored_completions', metadata },
    testing_criteria: [
      {
        type: 'label_model',
        name: 'judged',
        model,
        input: [{ role: 'user', content: '{{ sample.output_text }}' }],
        labels: ['good', 'bad'],
        passing_labels: ['good'],
      },
    ],
  });
  const data_source = { type: 'completions' as const, source: { type: 'stored_completions' as const, metadata } };
  const run = await ended(client, evaluation.id, (await client.evals.runs.create(evaluation.id, { data_source })).id);
  expect(run).toMatchObject({ status: 'completed', result_counts: { total: 1 } });
  const items = await collect(client.evals.runs.outputItems.list(run.id, { eval_id: evaluation.id }));
  expect(items[0]?.sample).toMatchObject({ model, output: [{ content: kept.choices[0]?.message.content }] });
  expect((await client.evals.delete(evaluation.id)).deleted).toBe(true);
  await client.chat.completions.delete(kept.id);
}

async function runToItsEnd(client: OpenAI, evalId: string, model: string) {
  const content = rowsOf(['cat', 'dog', 'bed']);
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
  return ended(client, evalId, run.id);
}

function ended(client: OpenAI, evalId: string, runId: string) {
  return waitFor(
    'the run ending',
    () => client.evals.runs.retrieve(runId, { eval_id: evalId }),
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
