/**
 * The lab on a running platform: training is an ordinary job, answers are an ordinary evaluation run. The key of a job is
 * that of its artifact, so a run that was killed while a job was training finds the same job again and waits for it.
 */
import { type CreateEval, type Preheat, PreheatError } from '@preheat/sdk';
import { type Artifacts, contentKey } from './artifacts.js';
import type { Suite, TrainStep } from './experiment.js';
import type { Answers, CurvePoint, Lab, LabModel, Trained } from './lab.js';
import { majorityIsRight } from './majority-vote.js';
import { suiteFile, trainingFile, validationFile, validationItems } from './make-rows.js';
import { phaseWork, type PhaseWork } from './phase-work.js';
import { type Continuation, type ContinuationOptions, isSteered, steeredAnswers } from './steered-answers.js';

const ITEMS_PER_PAGE = 100;
const GRADER_NAME = 'right';
const EVALUATION_SEED = 1;
const NOT_FOUND = 404;

export interface PlatformLabOptions {
  readonly client: Preheat;
  readonly artifacts: Artifacts;
  readonly signal: AbortSignal;
  /** One line of progress. */
  readonly progress: (text: string) => void;
  readonly nowMs: () => number;
}

export class PlatformLab implements Lab {
  readonly #options: PlatformLabOptions;

  constructor(options: PlatformLabOptions) {
    this.#options = options;
  }

  async train(from: LabModel, step: TrainStep, seed: number): Promise<Trained> {
    const job = await this.#trained(from, step, seed);
    const work = await this.#workOf(job);
    const trained = { ...job, ...(work ? { work } : {}) };
    if (step.type === 'supervised' || !trained.curve) return trained;
    return { ...trained, curve: [{ step: 0, reward: await this.#startReward(from, step) }, ...trained.curve] };
  }

  #trained(from: LabModel, step: TrainStep, seed: number): Promise<Trained> {
    const rows = trainingFile(step.data, seed);
    const { type, algorithm, grader, hyperparameters } = step;
    const validation = step.validation && validationFile(step.validation);
    const inputs = { from: from.origin, type, algorithm, grader, hyperparameters, rows, validation, seed };
    return this.#options.artifacts.once('job', inputs, async (key) => {
      const file = await this.#upload(rows, 'fine-tune');
      const job = await this.#run(key, {
        model: from.name,
        training_file: file,
        ...(validation === undefined ? {} : { validation_file: await this.#upload(validation, 'fine-tune') }),
        seed,
        // An arm that cannot learn is a result, and rewards that recipes shape are not the grades that preflight sees.
        preflight: { force: true },
        pipeline: [{ type, algorithm, hyperparameters, ...(grader ? { grader } : {}) }],
      });
      return {
        model: { name: job.name, origin: key },
        trainedTokens: job.trainedTokens,
        steps: job.steps,
        wallSeconds: job.wallSeconds,
        job: job.id,
        ...(validation === undefined ? {} : { curve: job.curve }),
      };
    });
  }

  /** From the job and its events, of jobs that earlier runs finished too; null where they are on another platform. */
  async #workOf({ model, job: id, trainedTokens }: Trained): Promise<PhaseWork | null> {
    const { client, artifacts, signal } = this.#options;
    try {
      return await artifacts.once('work', { job: model.origin }, async () => {
        const { pipeline } = await client.jobs.retrieve(id, { signal });
        const steps: Record<string, unknown>[] = [];
        for await (const { type, data } of client.jobs.events(id, { signal }))
          if (type === 'metrics' && data) steps.push(data);
        return phaseWork({ trainedTokens, hyperparameters: pipeline[0]?.hyperparameters ?? {}, steps });
      });
    } catch (error) {
      if (error instanceof PreheatError && error.status === NOT_FOUND) return null;
      throw error;
    }
  }

  /** @throws Error with the job's own reason when it does not succeed. */
  async #run(key: string, body: object) {
    const { client, signal, progress } = this.#options;
    const request = body as Parameters<typeof client.jobs.create>[0];
    const created = await client.jobs.create(request, { idempotencyKey: key, signal });
    let steps = 0;
    const curve: CurvePoint[] = [];
    const job = await client.jobs.wait(created.id, {
      signal,
      onEvent: ({ message, data }) => {
        const step = /^Step (\d+)\//.exec(message)?.[1];
        if (step !== undefined) steps = Number(step);
        const { valid_loss: loss, full_valid_mean_reward: reward } = data ?? {};
        if (typeof loss === 'number') curve.push({ step: steps, loss });
        else if (typeof reward === 'number') curve.push({ step: steps, reward });
        progress(message);
      },
    });
    if (job.status !== 'succeeded' || !job.fine_tuned_model) {
      throw new Error(`${created.id} ${job.status}: ${job.error?.message ?? 'no reason given'}`);
    }
    const wallSeconds = (job.finished_at ?? job.created_at) - job.created_at;
    return {
      id: created.id,
      name: job.fine_tuned_model,
      trainedTokens: job.trained_tokens ?? 0,
      steps,
      wallSeconds,
      curve,
    };
  }

  /** Mean grade of the greedy answers to the validation rows before the first step, by an evaluation run with the phase's grader. */
  #startReward(from: LabModel, { grader, hyperparameters, validation = [] }: TrainStep): Promise<number> {
    const rows = validationItems(validation);
    const { max_completion_tokens: maxTokens } = hyperparameters;
    if (typeof maxTokens !== 'number')
      throw new Error('a phase whose rewards are followed needs max_completion_tokens');
    return this.#options.artifacts.once('start', { model: from.origin, grader, maxTokens, rows }, async () => {
      // What counts is the score; from where an item would pass makes no difference to it.
      const evalId = await this.#eval('start', { pass_threshold: 1, ...grader });
      const file = await this.#upload(rows, 'evals');
      const ended = await this.#ended(evalId, runRequest(from.name, file, maxTokens, 0), 'before the first step');
      const score = ended.per_testing_criteria_results?.[0]?.mean_score;
      if (ended.result_counts.errored > 0 || typeof score !== 'number') {
        throw new Error(`${ended.id} left ${ended.result_counts.errored} items without a grade`);
      }
      return score;
    });
  }

  answer(model: LabModel, suite: Suite): Promise<Answers> {
    const rows = suiteFile(suite);
    return this.#options.artifacts.once('answered', { model: model.origin, suite, rows }, async () => {
      const startMs = this.#options.nowMs();
      const wallSeconds = () => Math.round((this.#options.nowMs() - startMs) / 1000);
      if (isSteered(suite)) {
        const steered = await steeredAnswers(suite, (prompts, how) => this.#goOn(model, prompts, how));
        return { ...steered, wallSeconds: wallSeconds() };
      }
      const evalId = await this.#eval(suite.task, { type: 'task', name: GRADER_NAME, task: suite.task });
      const file = await this.#upload(rows, 'evals');
      const greedy = await this.#results(evalId, model, file, suite, 0);
      const sampled = suite.samples > 0 ? await this.#results(evalId, model, file, suite, suite.samples) : [];
      return {
        greedy: greedy.map(({ right }) => right),
        tokens: greedy.map(({ tokens }) => tokens),
        sampledRight: summed(sampled, suite.items),
        votedRight: voted(sampled, suite.items),
        wallSeconds: wallSeconds(),
      };
    });
  }

  async #goOn({ name: model }: LabModel, prompt: string[], how: ContinuationOptions): Promise<Continuation[]> {
    const { client, signal } = this.#options;
    const request = { model, prompt, temperature: 0, seed: EVALUATION_SEED, ...how };
    const { choices } = await client.completions.create(request, { signal });
    if (choices.length !== prompt.length)
      throw new Error(`${choices.length} continuations of ${prompt.length} prompts`);
    return [...choices].sort((a, b) => a.index - b.index);
  }

  async #eval(name: string, criterion: object): Promise<string> {
    const { client, signal } = this.#options;
    const { id } = await client.evals.create(
      {
        name,
        data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
        testing_criteria: [criterion as CreateEval['testing_criteria'][number]],
      },
      { signal },
    );
    return id;
  }

  /** One result an answer; `samples` 0 is greedy. */
  async #results(evalId: string, model: LabModel, file: string, suite: Suite, samples: number) {
    const { client, signal } = this.#options;
    const run = await this.#ended(evalId, runRequest(model.name, file, suite.max_tokens, samples), suite.task);
    const results: Result[] = [];
    for await (const item of client.evals.runs.items(evalId, run.id, { limit: ITEMS_PER_PAGE }, { signal })) {
      if (item.sample.error)
        throw new Error(`item ${item.datasource_item_id} of ${run.id}: ${item.sample.error.message}`);
      const right = Number(item.results[0]?.passed ?? false);
      const text = item.sample.output.map(({ content }) => content).join('');
      results.push({ item: item.datasource_item_id, right, tokens: item.sample.usage.completion_tokens, text });
    }
    const expected = suite.items * Math.max(1, samples);
    if (results.length !== expected) throw new Error(`${run.id} has ${results.length} of ${expected} answers`);
    return results.sort((a, b) => a.item - b.item);
  }

  /** @throws Error with the run's own reason when it does not complete. */
  async #ended(evalId: string, request: ReturnType<typeof runRequest>, what: string) {
    const { client, signal, progress } = this.#options;
    const run = await client.evals.runs.create(evalId, request, { signal });
    const onUpdate = ({ result_counts: { total, passed, failed } }: { result_counts: Record<string, number> }) =>
      progress(`${what}: ${(passed ?? 0) + (failed ?? 0)} of ${total} answers`);
    const ended = await client.evals.runs.wait(evalId, run.id, { signal, onUpdate });
    if (ended.status !== 'completed') throw new Error(`${run.id} ${ended.status}: ${ended.error?.message ?? ''}`);
    return ended;
  }

  /** Equal files are uploaded once a platform. */
  async #upload(text: string, purpose: 'fine-tune' | 'evals'): Promise<string> {
    const { client, artifacts, signal } = this.#options;
    return artifacts.once('file', { purpose, text }, async () => {
      const filename = `${contentKey(purpose, text)}.jsonl`;
      return (await client.files.create(new TextEncoder().encode(text), { purpose, filename }, { signal })).id;
    });
  }
}

interface Result {
  readonly item: number;
  readonly right: number;
  readonly tokens: number;
  readonly text: string;
}

function voted(results: readonly Result[], items: number): number[] {
  if (results.length === 0) return [];
  return Array.from({ length: items }, (_, index) => {
    const ballots = results.filter(({ item }) => item === index);
    return Number(majorityIsRight(ballots.map(({ text, right }) => ({ text, isRight: right === 1 }))));
  });
}

function summed(results: readonly Result[], items: number): number[] {
  if (results.length === 0) return [];
  const counts = new Array<number>(items).fill(0);
  for (const { item, right } of results) counts[item] = (counts[item] ?? 0) + right;
  return counts;
}

function runRequest(model: string, file: string, maxTokens: number, samples: number) {
  return {
    data_source: {
      type: 'completions' as const,
      model,
      source: { type: 'file_id' as const, id: file },
      input_messages: { type: 'template' as const, template: [{ role: 'user' as const, content: '{{item.prompt}}' }] },
      sampling_params: {
        temperature: samples > 0 ? 1 : 0,
        seed: EVALUATION_SEED,
        max_completion_tokens: maxTokens,
      },
    },
    ...(samples > 0 ? { samples_per_item: samples } : {}),
  };
}
