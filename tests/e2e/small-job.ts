/** The demo's job at reduced size: the same data, model, pipeline and grader, in seconds instead of minutes. */
import { letterToSound, toChatRow, toEvalRow, toRftRow } from '@preheat/tasks';
import OpenAI, { toFile } from 'openai';
import { API_KEY } from './platform.js';

export const GRADER = {
  type: 'multi',
  name: 'reward',
  graders: {
    phonemes: {
      type: 'phoneme_error_rate',
      name: 'phonemes',
      input: '{{ sample.output_text }}',
      references: '{{ item.references }}',
    },
  },
  calculate_output: '0.5 * phonemes + 0.5 * floor(phonemes)',
};

export interface SmallSizes {
  readonly sftSteps: number;
  readonly rlSteps: number;
}

const WORDS = 256;
const data = letterToSound();

/** The unmodified official client; only its address is changed. */
export function officialClient(baseURL: string): OpenAI {
  return new OpenAI({ apiKey: API_KEY, baseURL });
}

const jsonl = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

export async function upload(client: OpenAI, name: string, rows: object[], purpose: 'fine-tune' | 'evals') {
  return client.files.create({ file: await toFile(Buffer.from(jsonl(rows)), name), purpose });
}

export const evalRows = (count: number) => data.test.slice(0, count).map(toEvalRow);

export async function createSmallJob(
  client: OpenAI,
  sizes: SmallSizes,
  grader: object = GRADER,
): Promise<OpenAI.FineTuning.FineTuningJob> {
  const sft = await upload(client, 'sft.jsonl', data.train.slice(0, WORDS).map(toChatRow), 'fine-tune');
  const rl = await upload(client, 'rl.jsonl', data.train.slice(WORDS, 2 * WORDS).map(toRftRow), 'fine-tune');
  const pipeline = [
    {
      type: 'supervised',
      algorithm: 'sft',
      hyperparameters: { batch_size: 32, max_steps: sizes.sftSteps, n_epochs: 50, checkpoint_interval: 5 },
    },
    {
      type: 'reinforcement',
      algorithm: 'grpo',
      training_file: rl.id,
      validation_file: rl.id,
      grader,
      hyperparameters: {
        batch_size: 8,
        group_size: 4,
        max_steps: sizes.rlSteps,
        n_epochs: 50,
        max_completion_tokens: 24,
        checkpoint_interval: 3,
        eval_interval: 3,
        eval_rows: 8,
      },
    },
  ];
  // `pipeline` is preheat's extension; the client passes fields it does not know.
  const request = { model: 'preheat-1m', training_file: sft.id, seed: 5, suffix: 'e2e', pipeline };
  return client.fineTuning.jobs.create(request as OpenAI.FineTuning.JobCreateParams);
}

/** All events, oldest first, through the client's own auto-pagination. */
export async function eventsOf(client: OpenAI, jobId: string): Promise<OpenAI.FineTuning.FineTuningJobEvent[]> {
  const events: OpenAI.FineTuning.FineTuningJobEvent[] = [];
  for await (const event of client.fineTuning.jobs.listEvents(jobId, { limit: 50 })) events.unshift(event);
  return events;
}

export const pipelineSteps = (events: OpenAI.FineTuning.FineTuningJobEvent[]): number[] =>
  events
    .filter((event) => event.type === 'metrics')
    .map((event) => (event.data as { pipeline_step: number }).pipeline_step);
