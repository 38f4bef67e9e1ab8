/** A job of two phases, followed, evaluated and called: items 1, 4, 6, 11, 16 and 18 of the checklist. */
import type OpenAI from 'openai-7';
import { expect } from 'vitest';
import { createSmallJob, eventsOf, upload } from '../../e2e/small-job.js';
import { waitFor } from '../../e2e/wait-for.js';
import { collect, MODEL, refusal, type Story } from './story.js';

const TIMEOUT_MS = 240_000;
type Job = OpenAI.FineTuning.FineTuningJob;

export async function trainedJob({ client }: Story): Promise<Job> {
  const created = await createSmallJob(client as never, { sftSteps: 10, rlSteps: 3 });
  const ended = ({ status }: Job) => ['succeeded', 'failed', 'cancelled'].includes(status);
  const job = await waitFor('the job ending', () => client.fineTuning.jobs.retrieve(created.id), ended, TIMEOUT_MS);
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  const events = await eventsOf(client as never, job.id);
  const pages = await collect(client.fineTuning.jobs.listEvents(job.id, { limit: 4 }));
  expect(pages.map(({ id }) => id)).toEqual(events.map(({ id }) => id).reverse());
  expect(events.some(({ type }) => type === 'metrics')).toBe(true);
  // Extension, through the client's own reader of streams: the same events, oldest first, until the job has ended.
  const path = `/fine_tuning/jobs/${job.id}/events`;
  const stream = (await client.get(path, { query: { stream: true }, stream: true })) as AsyncIterable<{ id: string }>;
  expect((await collect(stream)).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  const evaluation = await client.evals.retrieve((job as { eval_id?: string }).eval_id ?? '');
  expect(evaluation.metadata).toEqual({ fine_tuning_job_id: job.id });
  expect(evaluation.testing_criteria).toMatchObject([{ name: 'reward', pass_threshold: 0.5 }]);
  const checkpoints = await collect(client.fineTuning.jobs.checkpoints.list(job.id, { limit: 1 }));
  expect(checkpoints[0]?.fine_tuned_model_checkpoint).toContain(':ckpt-step-13');
  await validated(client, evaluation.id, checkpoints[0]?.fine_tuned_model_checkpoint ?? '');
  await permissions(client, checkpoints[0]?.fine_tuned_model_checkpoint ?? '');
  await conversedWith(client, checkpoints[0]?.fine_tuned_model_checkpoint ?? '');
  return job;
}

/** The one validation of the job is a run of its eval, of the checkpoint that answered. */
async function validated(client: OpenAI, evalId: string, checkpoint: string): Promise<void> {
  const read = () => collect(client.evals.runs.list(evalId, { limit: 1 }));
  const hasEnded = (runs: { status: string }[]) =>
    runs.length > 0 && runs.every(({ status }) => status === 'completed');
  const [run, ...others] = await waitFor('the run of the validation', read, hasEnded, TIMEOUT_MS);
  expect(others).toEqual([]);
  expect(run).toMatchObject({ model: checkpoint, result_counts: { total: 8, errored: 0 } });
  const items = await collect(client.evals.runs.outputItems.list(run?.id ?? '', { eval_id: evalId, limit: 5 }));
  expect(items).toHaveLength(8);
  expect(items[0]).toMatchObject({ results: [{ name: 'reward' }], sample: { model: checkpoint } });
}

async function conversedWith(client: OpenAI, checkpoint: string): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'cat' }];
  const answer = await client.chat.completions.create({ model: checkpoint, messages, max_completion_tokens: 4 });
  expect(answer).toMatchObject({ model: checkpoint, choices: [{ message: { role: 'assistant' } }] });
}

async function permissions(client: OpenAI, checkpoint: string): Promise<void> {
  const { permissions } = client.fineTuning.checkpoints;
  const project_ids = ['proj-a', 'proj-b'];
  const granted = await collect(permissions.create(checkpoint, { project_ids }));
  expect(granted.map(({ project_id }) => project_id)).toEqual(project_ids);
  const listed = await collect(permissions.list(checkpoint, { limit: 1, order: 'ascending' }));
  expect(listed.map(({ project_id }) => project_id).sort()).toEqual(project_ids);
  for (const { id } of granted) {
    const removed = await permissions.delete(id, { fine_tuned_model_checkpoint: checkpoint });
    expect(removed).toEqual({ id, object: 'checkpoint.permission', deleted: true });
  }
}

/** OpenAI's method for pairs of answers, on both files, to a model. */
export async function preferredJob({ client }: Story): Promise<void> {
  const said = (content: string) => [{ role: 'assistant', content }];
  const pair = (word: string, right: string, wrong: string) => ({
    input: { messages: [{ role: 'user', content: word }], tools: [], parallel_tool_calls: true },
    preferred_output: said(right),
    non_preferred_output: said(wrong),
  });
  const rows = [pair('cat', 'K AE T', 'S AE T'), pair('bed', 'B EH D', 'B IY D')];
  const file = await upload(client as never, 'pairs.jsonl', [...rows, ...rows, ...rows, ...rows], 'fine-tune');
  const hyperparameters = { beta: 'auto' as const, n_epochs: 2, batch_size: 4 };
  const method = { type: 'dpo' as const, dpo: { hyperparameters } };
  const files = { training_file: file.id, validation_file: file.id };
  const created = await client.fineTuning.jobs.create({ model: MODEL, ...files, method });
  expect(created.method?.dpo?.hyperparameters).toMatchObject({ beta: 0.1, n_epochs: 2, batch_size: 4 });
  const ended = ({ status }: Job) => ['succeeded', 'failed', 'cancelled'].includes(status);
  const job = await waitFor('the job ending', () => client.fineTuning.jobs.retrieve(created.id), ended, TIMEOUT_MS);
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  const losses = (await eventsOf(client as never, job.id)).flatMap(({ data }) => {
    const { train_loss: loss } = (data ?? {}) as { train_loss?: number };
    return loss ?? [];
  });
  // Before the first update the policy is its own reference.
  expect(losses).toHaveLength(4);
  expect(losses[0]).toBeCloseTo(Math.log(2), 5);
  expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
}

/** What needs no runner: control, filters, repeated creates and refusals. */
export async function controlledJob({ client, proxy }: Story, file: string): Promise<Job> {
  const { jobs } = client.fineTuning;
  const metadata = { team: `sounds-${Date.now()}` };
  const request = { model: MODEL, training_file: file, metadata, method: { type: 'supervised' as const } };
  // The first answer is lost on the way: the client repeats, and gets the same job.
  const job = await jobs.create(request);
  const headers = { 'X-Stainless-Retry-Count': '1' };
  expect((await jobs.create(request, { headers })).id).toBe(job.id);
  expect((await collect(jobs.list({ metadata, limit: 1 }))).map(({ id }) => id)).toEqual([job.id]);
  expect((await jobs.list({ metadata: null })).data.map(({ id }) => id)).not.toContain(job.id);
  expect((await jobs.cancel(job.id)).status).toBe('cancelled');
  const before = proxy.exchanges.length;
  expect(await refusal(jobs.pause(job.id))).toMatchObject({ status: 400, code: 'invalid_job_state' });
  // A user's mistake is answered once: no client repeats a 400.
  expect(proxy.exchanges.length).toBe(before + 1);
  const unknown = refusal(jobs.create({ model: 'gpt-9', training_file: file }));
  expect(await unknown).toMatchObject({ status: 400, code: 'model_not_available', param: 'model' });
  return job;
}

/** A paused job is a status no client knows, and reaches it untouched. */
export async function pausedJob({ client }: Story, file: string): Promise<void> {
  const { jobs } = client.fineTuning;
  const hyperparameters = { n_epochs: 50, batch_size: 1 };
  const method = { type: 'supervised' as const, supervised: { hyperparameters } };
  const job = await jobs.create({ model: MODEL, training_file: file, method });
  await jobs.pause(job.id);
  const paused = ({ status }: Job) => (status as string) === 'paused';
  await waitFor('the job pausing', () => jobs.retrieve(job.id), paused, TIMEOUT_MS);
  expect(['queued', 'running']).toContain((await jobs.resume(job.id)).status);
  expect((await jobs.cancel(job.id)).status).toBe('cancelled');
}
