/**
 * What the demo does once a platform answers, as an ordinary client over HTTP: upload real data, train by SFT and then RL
 * in one job, evaluate base, SFT and RL on held-out words, and chat once.
 */
import type { FineTuningJob, Preheat } from '@preheat/sdk';
import { letterToSound } from '@preheat/tasks';
import { formatDuration } from '../duration.js';
import { CommandFailed, type Io } from '../io.js';
import { watchJob } from '../progress/watch-job.js';
import { demoData } from './data.js';
import { type Contestant, evaluate } from './evaluate.js';
import { DEMO_MODEL, type DemoSizes, demoJob } from './job.js';
import { makeReport, type Report } from './report.js';

export interface DemoResult {
  readonly job: FineTuningJob;
  readonly report: Report;
  readonly sample: { readonly word: string; readonly answer: string; readonly references: readonly string[] };
  readonly seconds: { readonly training: number; readonly evaluation: number };
}

/** Throws `CommandFailed` when a step of the story fails; whether RL won is in the report. */
export async function tellStory(client: Preheat, sizes: DemoSizes, io: Io): Promise<DemoResult> {
  const say = (text: string): void => void io.stderr.write(`${text}\n`);
  const options = { signal: io.signal };

  const data = demoData(letterToSound(), sizes);
  say(`uploading ${sizes.words} words for SFT, ${sizes.words} others for RL and ${sizes.evalWords} held-out words`);
  const upload = async (text: string, purpose: 'fine-tune' | 'evals', filename: string): Promise<string> =>
    (await client.files.create(new TextEncoder().encode(text), { purpose, filename }, options)).id;
  const sft = await upload(data.sft, 'fine-tune', 'letter-to-sound-sft.jsonl');
  const rl = await upload(data.rl, 'fine-tune', 'letter-to-sound-rl.jsonl');
  const test = await upload(data.test, 'evals', 'letter-to-sound-test.jsonl');

  const trainingStartMs = io.nowMs();
  const { id } = await client.jobs.create(demoJob({ sft, rl }, sizes), options);
  say(`created ${id}: ${sizes.sftSteps} steps of SFT, then ${sizes.rlSteps} of GRPO, on ${DEMO_MODEL}`);
  const job = await watchJob(client, id, io, options);
  const contestants = contestantsOf(job);

  const evaluationStartMs = io.nowMs();
  say(
    `trained in ${formatDuration(evaluationStartMs - trainingStartMs)}; evaluating on ${sizes.evalWords} held-out words`,
  );
  const results = await evaluate(client, contestants, test, sizes, io);
  const report = makeReport(results, sizes.seed);
  const answer = await ask(client, contestants.at(-1)?.model ?? DEMO_MODEL, data.example.word, io);
  return {
    job,
    report,
    sample: { ...data.example, answer },
    seconds: {
      training: (evaluationStartMs - trainingStartMs) / 1_000,
      evaluation: (io.nowMs() - evaluationStartMs) / 1_000,
    },
  };
}

/** Base, SFT and RL, each by the name it can be called by. */
function contestantsOf(job: FineTuningJob): Contestant[] {
  if (job.status !== 'succeeded') {
    throw new CommandFailed(`the job ${job.status}: ${job.error?.message ?? 'no reason given'}`);
  }
  const sft = job.pipeline[0]?.model;
  const rl = job.fine_tuned_model;
  if (!sft || !rl) throw new CommandFailed(`the job succeeded but names no model for ${sft ? 'RL' : 'SFT'}`);
  return [
    { stage: 'base', model: job.model },
    { stage: 'SFT', model: sft },
    { stage: 'SFT + RL', model: rl },
  ];
}

async function ask(client: Preheat, model: string, word: string, io: Io): Promise<string> {
  const completion = await client.chat.completions.create(
    { model, messages: [{ role: 'user', content: word }], temperature: 0 },
    { signal: io.signal },
  );
  return completion.choices[0]?.message.content ?? '';
}
