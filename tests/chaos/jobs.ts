/** The jobs of a chaos run: short, real, each equal to every other of its seed, sent by the official client. */
import { letterToSound, toChatRow } from '@preheat/tasks';
import OpenAI, { toFile } from 'openai';
import { API_KEY } from './platform.js';

/** Jobs of one seed must end with the same weights, and with those of an undisturbed run. */
export const TRAINING_SEEDS = [1, 2, 3] as const;

const WORDS = 96;
const HYPERPARAMETERS = { batch_size: 16, n_epochs: 50, max_steps: 10, checkpoint_interval: 2 };
/** An API that was just killed takes seconds to come back, on a busy machine minutes. */
const CLIENT_RETRIES = 60;

export const officialClient = (baseURL: string): OpenAI =>
  new OpenAI({ apiKey: API_KEY, baseURL, maxRetries: CLIENT_RETRIES, timeout: 20_000 });

export async function uploadRows(client: OpenAI): Promise<string> {
  const rows = letterToSound().train.slice(0, WORDS).map(toChatRow);
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const { id } = await client.files.create({
    file: await toFile(Buffer.from(text), 'rows.jsonl'),
    purpose: 'fine-tune',
  });
  return id;
}

/** @param index Also the idempotency key: however often the request is sent, it is one job. */
export async function submit(client: OpenAI, fileId: string, index: number): Promise<string> {
  const seed = TRAINING_SEEDS[index % TRAINING_SEEDS.length] ?? 0;
  const method = { type: 'supervised', supervised: { hyperparameters: HYPERPARAMETERS } };
  const request = { model: 'preheat-1m', training_file: fileId, seed, suffix: `chaos-${index}`, method };
  const headers = { 'Idempotency-Key': `chaos-${index}` };
  const job = await client.fineTuning.jobs.create(request as OpenAI.FineTuning.JobCreateParams, { headers });
  return job.id;
}
