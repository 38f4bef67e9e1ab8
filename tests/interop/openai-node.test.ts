/**
 * The official `openai` client, unmodified, against the listening API with nothing but `baseURL` changed. It proves the
 * shapes, statuses and headers that the client relies on; training itself is told end to end elsewhere.
 */
import { createHash } from 'node:crypto';
import { MemoryObjectStore, MemoryWorkQueue } from '@preheat/adapters/memory';
import { SystemIds, systemClock } from '@preheat/adapters/system';
import { createApp, DecoderServing, Evals, Runs, runEvaluationWorker, ServedJudges } from '@preheat/functions';
import { DecoderJudge, openGraders } from '@preheat/graders';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { JobStore } from '@preheat/jobs';
import type { JsonValue, Log } from '@preheat/ports';
import OpenAI, { APIError, toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const KEY = 'sk-interop';
const MODEL = 'preheat-1m';
const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log };

const SFT = '{"messages":[{"role":"user","content":"cat"},{"role":"assistant","content":"K AE T"}]}\n'.repeat(8);
const RL = '{"messages":[{"role":"user","content":"cat"}],"references":["K AE T"]}\n'.repeat(8);
const PER = {
  type: 'phoneme_error_rate',
  name: 'per',
  input: '{{ sample.output_text }}',
  references: '{{ item.references }}',
};
const EXACT = {
  type: 'string_check' as const,
  name: 'exact',
  input: '{{ sample.output_text }}',
  reference: '{{ item.references[0] }}',
  operation: 'eq' as const,
};

let client: OpenAI;
let stop: () => Promise<void>;

beforeAll(async () => {
  const clock = systemClock;
  const ids = new SystemIds({ clock });
  const store = new MemoryObjectStore({ clock });
  const queue = new MemoryWorkQueue<JsonValue>({ clock });
  const evaluationQueue = new MemoryWorkQueue<JsonValue>({ clock });
  const models = new ModelRegistry(store);
  const decoders = new DecoderServing(models, { budgetBytes: 2 ** 28, workers: 1 });
  const jobs = new JobStore({ store, queue, clock, ids, log });
  const judge = new DecoderJudge(new ServedJudges(models, decoders));
  const graders = openGraders({ settings: {}, clock, judge, pythonProcesses: 1 });
  const deps = { store, evaluationQueue, clock, ids, log, jobs, models, decoders, graders: graders.pool };
  const hash = createHash('sha256').update(KEY).digest();
  const app = await createApp(deps, { apiKeys: [{ hash, projectId: 'proj-interop' }] });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const stopping = new AbortController();
  const { signal } = stopping;
  const parts = { ...deps, evals: new Evals(deps), runs: new Runs(deps) };
  const worker = runEvaluationWorker(parts, { workerId: 'w', leaseTtlMs: 30_000, signal });
  client = new OpenAI({ apiKey: KEY, baseURL: `${url}/v1`, maxRetries: 0 });
  stop = async () => {
    stopping.abort();
    await worker;
    await app.close();
    graders.close();
    await decoders.close();
  };
});

afterAll(() => stop());

const upload = async (text: string, purpose: 'fine-tune' | 'evals') =>
  client.files.create({ file: await toFile(Buffer.from(text), 'data.jsonl'), purpose });

async function refusal(promise: Promise<unknown>): Promise<APIError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw new Error(`expected an APIError, got ${String(error)}`);
}

describe('files', () => {
  it('are uploaded, waited for, listed, read and deleted', async () => {
    const file = await upload(SFT, 'fine-tune');
    expect(file).toMatchObject({ object: 'file', bytes: SFT.length, purpose: 'fine-tune' });
    expect((await client.files.waitForProcessing(file.id)).status).toBe('processed');
    const listed = [];
    for await (const item of client.files.list({ limit: 1 })) listed.push(item.id);
    expect(listed).toContain(file.id);
    expect(await (await client.files.content(file.id)).text()).toBe(SFT);
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    expect(await refusal(client.files.retrieve(file.id))).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('are refused with everything the client shows of an error', async () => {
    const error = await refusal(upload('{"messages":\n', 'fine-tune'));
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid_training_file',
      param: 'file',
      type: 'invalid_request_error',
    });
    expect(error.message).toContain('data.jsonl, line 1');
    expect(error.requestID).toMatch(/^req_/);
  });
});

describe('fine-tuning jobs', () => {
  it('are created from a method, listed by metadata, and cancelled', async () => {
    const file = await upload(RL, 'fine-tune');
    const reinforcement = { grader: EXACT, hyperparameters: { n_epochs: 1, batch_size: 4 } };
    const job = await client.fineTuning.jobs.create({
      model: MODEL,
      training_file: file.id,
      suffix: 'words',
      metadata: { team: 'sounds' },
      method: { type: 'reinforcement', reinforcement },
    });
    expect(job).toMatchObject({ object: 'fine_tuning.job', status: 'queued', model: MODEL, error: null });
    expect(job.method).toMatchObject({ type: 'reinforcement', reinforcement });
    const found = await client.fineTuning.jobs.list({ metadata: { team: 'sounds' } });
    expect(found.data.map(({ id }) => id)).toEqual([job.id]);
    expect((await client.fineTuning.jobs.list({ metadata: null })).data.map(({ id }) => id)).not.toContain(job.id);
    const messages = [];
    for await (const event of client.fineTuning.jobs.listEvents(job.id, { limit: 1 })) messages.push(event.message);
    expect(messages).toEqual(['Files validated, job queued', 'Created fine-tuning job']);
    expect((await client.fineTuning.jobs.checkpoints.list(job.id)).data).toEqual([]);
    expect((await client.fineTuning.jobs.pause(job.id)).status).toBe('paused');
    expect((await client.fineTuning.jobs.resume(job.id)).status).toBe('queued');
    expect((await client.fineTuning.jobs.cancel(job.id)).status).toBe('cancelled');
  });

  it('carry a pipeline through the client untouched', async () => {
    const [sft, rl] = [await upload(SFT, 'fine-tune'), await upload(RL, 'fine-tune')];
    const pipeline = [{ type: 'supervised' }, { type: 'reinforcement', training_file: rl.id, grader: PER }];
    const body = { model: MODEL, training_file: sft.id, pipeline };
    const job = await client.fineTuning.jobs.create(body);
    expect(job).toMatchObject({ pipeline: [{ algorithm: 'sft' }, { algorithm: 'grpo', grader: PER }] });
    const seen = [];
    for await (const item of client.fineTuning.jobs.list({ limit: 1 })) seen.push(item.id);
    expect(seen[0]).toBe(job.id);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('are refused as the client expects', async () => {
    const unknown = client.fineTuning.jobs.create({ model: 'gpt-9', training_file: 'file-x' });
    expect(await refusal(unknown)).toMatchObject({ status: 400, param: 'model' });
    expect(await refusal(client.fineTuning.jobs.retrieve('ftjob-none'))).toMatchObject({ status: 404 });
  });
});

describe('graders', () => {
  it('run and validate', async () => {
    const { graders } = client.fineTuning.alpha;
    const result = await graders.run({ grader: EXACT, model_sample: 'K', item: { references: ['K'] } });
    expect(result).toMatchObject({ reward: 1, metadata: { errors: { other_error: false } } });
    expect(await graders.validate({ grader: EXACT })).toEqual({ grader: EXACT });
  });
});

describe('models and chat', () => {
  it('list, retrieve and answer, buffered and streamed', async () => {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toContain(MODEL);
    expect(await client.models.retrieve(MODEL)).toMatchObject({ id: MODEL, object: 'model' });
    expect(await refusal(client.models.retrieve('ft:a/b:c::d'))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    const request = { model: MODEL, messages: [{ role: 'user' as const, content: 'cat' }], max_tokens: 12, seed: 7 };
    const whole = await client.chat.completions.create(request);
    const stream = client.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.usage).toEqual(whole.usage);
  });
});

describe('evals', () => {
  it('run to completion over given samples', async () => {
    const evaluation = await client.evals.create({
      data_source_config: { type: 'custom', item_schema: { type: 'object' } },
      testing_criteria: [EXACT],
    });
    const item = { references: ['K AE T'] };
    const content = ['K AE T', 'K'].map((output_text) => ({ item, sample: { output_text } }));
    const created = await client.evals.runs.create(evaluation.id, {
      data_source: { type: 'jsonl', source: { type: 'file_content', content } },
    });
    const run = await ended(evaluation.id, created.id);
    expect(run).toMatchObject({ status: 'completed', result_counts: { total: 2, passed: 1, failed: 1, errored: 0 } });
    const statuses = [];
    const items = client.evals.runs.outputItems.list(created.id, { eval_id: evaluation.id, limit: 1 });
    for await (const { status } of items) statuses.push(status);
    expect(statuses).toEqual(['pass', 'fail']);
    expect(await client.evals.runs.cancel(created.id, { eval_id: evaluation.id })).toMatchObject({
      status: 'completed',
    });
    expect(await client.evals.runs.delete(created.id, { eval_id: evaluation.id })).toMatchObject({ deleted: true });
    expect(await client.evals.update(evaluation.id, { name: 'renamed' })).toMatchObject({ name: 'renamed' });
    expect((await client.evals.list({ order: 'desc' })).data[0]).toMatchObject({ id: evaluation.id });
    expect(await client.evals.delete(evaluation.id)).toMatchObject({ deleted: true });
  });
});

async function ended(evalId: string, runId: string) {
  for (;;) {
    const run = await client.evals.runs.retrieve(runId, { eval_id: evalId });
    if (run.status !== 'queued' && run.status !== 'in_progress') return run;
  }
}
