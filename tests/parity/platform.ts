/** The platform on a free port of this machine, driven by its command line and a runner that takes one job. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryWorkQueue } from '@preheat/adapters/memory';
import type { FineTuningJob, ModelRecord } from '@preheat/contracts';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { GraderPool } from '@preheat/graders';
import { DecoderSession } from '@preheat/inference';
import { LeasedJob } from '@preheat/jobs';
import { type ApiUnderTest, KEY, startApi } from '../../functions/src/test-kit/api-under-test.js';
import { runJob } from '../../gpu-runner/src/run-job.js';
import { runCli } from '../../packages/cli/src/cli.js';
import { testIo } from '../../packages/cli/src/test-kit/test-io.js';
import type { Computed } from './computed.js';

export class Platform {
  /** Where the command line runs. */
  readonly folder = mkdtempSync(join(tmpdir(), 'preheat-parity-'));
  readonly #api: ApiUnderTest;
  readonly #baseURL: string;

  private constructor(api: ApiUnderTest, baseURL: string) {
    this.#api = api;
    this.#baseURL = baseURL;
  }

  static async open(): Promise<Platform> {
    const api = await startApi();
    return new Platform(api, `${await api.app.listen({ host: '127.0.0.1', port: 0 })}/v1`);
  }

  async close(): Promise<void> {
    await this.#api.app.close();
    rmSync(this.folder, { recursive: true });
  }

  /** What `preheat LINE` prints. @throws Error when it fails. */
  async preheat(...line: string[]): Promise<string> {
    const env = { PREHEAT_BASE_URL: this.#baseURL, PREHEAT_API_KEY: KEY };
    const io = testIo({ env, cwd: this.folder });
    const code = await runCli(line, io);
    if (code !== 0) throw new Error(`preheat ${line.join(' ')}: ${io.text.err}`);
    return io.text.out;
  }

  /** Trains two rows of chat by `sft`. Returns the name of the result. */
  async fineTune(model: string, hyperparameters: Readonly<Record<string, unknown>>): Promise<string> {
    const rows = ['the cat', 'hello'].map((content) => ({
      messages: [
        { role: 'user', content },
        { role: 'assistant', content: 'it is 5!' },
      ],
    }));
    const training_file = await this.#api.upload(rows.map((row) => JSON.stringify(row)).join('\n'), 'fine-tune');
    const phase = { type: 'supervised', algorithm: 'sft', hyperparameters: { batch_size: 2, ...hyperparameters } };
    const payload = { model, training_file, pipeline: [phase] };
    const created = await this.#api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload });
    if (created.statusCode !== 200) throw new Error(created.body);
    const { id } = created.json() as FineTuningJob;
    await this.#runJob(id);
    const done = (await this.#api.call({ url: `/v1/fine_tuning/jobs/${id}` })).json() as FineTuningJob;
    if (done.fine_tuned_model === null) throw new Error(JSON.stringify(done));
    return done.fine_tuned_model;
  }

  async #runJob(jobId: string): Promise<void> {
    const executor = createOnnxExecutor({ threads: 1, maxSessions: 8 });
    const { store, jobs, models, clock, ids, log } = this.#api.deps;
    const deps = {
      ...{ store, jobs, models, clock, ids, log, executor },
      queue: new MemoryWorkQueue<never>({ clock }),
      graders: new GraderPool({ services: {}, clock }),
      runnerId: 'runner-1',
      leaseTtlMs: 600_000,
      rolloutWorkers: 1,
    };
    try {
      const leased = await LeasedJob.acquire(deps, jobId, deps.runnerId, deps.leaseTtlMs);
      if (!leased) throw new Error('the job could not be leased');
      await runJob(deps, leased, new AbortController().signal);
    } finally {
      await executor.dispose();
    }
  }

  /** What the platform computes for prompts: greedy continuations, and their log-probabilities. */
  async computed(name: string, wanted: readonly string[]): Promise<Computed[]> {
    const { config, tensors, tokenizer } = await this.#api.deps.models.load(await this.#recordOf(name));
    const decoder = await DecoderSession.create(config, tensors);
    try {
      const prompts = wanted.map((prompt) => tokenizer.encode(prompt));
      const stopIds = [config.eos_token_id, ...(config.other_eos_token_ids ?? [])];
      const requests = prompts.map((tokens, index) => ({ tokens, key: `${index}` }));
      const rows = await decoder.generate(requests, { maxNewTokens: 16, temperature: 0, seed: 0, stopIds });
      const whole = rows.map(({ tokens }, index) => [...(prompts[index] ?? []), ...tokens]);
      const scored = await decoder.score(whole.map((tokens) => ({ tokens, from: 1 })));
      return wanted.map((prompt, index) => ({
        prompt,
        tokens: whole[index] ?? [],
        promptTokens: prompts[index]?.length ?? 0,
        logProbs: [...(scored[index]?.logProbs ?? [])],
        text: tokenizer.decode(rows[index]?.tokens ?? [], { skipSpecialTokens: true }),
      }));
    } finally {
      await decoder.close();
    }
  }

  async #recordOf(name: string): Promise<ModelRecord> {
    const record = await this.#api.deps.models.find('proj-one', name);
    if (!record) throw new Error(`there is no model ${name}`);
    return record;
  }
}
