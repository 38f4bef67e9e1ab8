/** The users of a seed: each submits a job, then pauses, resumes or cancels it as planned, whatever the platform does. */
import type { FineTuningJobCheckpoint } from '@preheat/contracts';
import { multipartBody } from '../../../functions/src/test-kit/multipart.js';
import { jsonl, SFT_ROWS } from '../../../functions/src/test-kit/rows.js';
import { PROJECT_KEYS } from './api-machine.js';
import { SimClient } from './sim-client.js';
import { type PlannedJob, TOKENS_PER_STEP, type Verb } from './work-plan.js';
import type { World } from './world.js';

const authorization = (project: number) => ({ authorization: `Bearer ${PROJECT_KEYS[project] ?? ''}` });

const LOOK_EVERY_MS = 2_000;
const LOOKS_MAX = 200;
const BASE_MODELS = ['preheat-1m', 'preheat-4m'];
/** With the longest that a request takes while everything fails, less than the collector's grace period. */
const YOUNG_MS = 2 * 60_000;

export class User {
  readonly #world: World;
  readonly #job: PlannedJob;
  readonly #client: SimClient;

  constructor(world: World, job: PlannedJob) {
    const { clock, random } = world.simulation;
    this.#world = world;
    this.#job = job;
    this.#client = new SimClient({
      clock,
      random: random.fork(`client ${job.index}`),
      endpoints: () => world.endpoints,
      attempts: world.attempts,
      lostAnswer: () => (world.isCalm ? 0 : world.faults.lostAnswer),
    });
  }

  async live(): Promise<void> {
    const { clock } = this.#world.simulation;
    await clock.sleep(this.#job.submitAtMs);
    const jobId = await this.#submit(await this.#upload(), await this.#start());
    for (const { verb, afterMs, tries } of this.#job.actions) {
      await clock.sleep(afterMs);
      await this.request(jobId, verb, tries);
    }
  }

  /** The state the platform answered with, if it did. */
  async request(jobId: string, verb: Verb, tries?: number): Promise<unknown> {
    const url = `/v1/fine_tuning/jobs/${jobId}/${verb}`;
    const headers = authorization(this.#job.project);
    const answer = await this.#client.ask(`${verb} ${jobId}`, { method: 'POST', url, headers }, tries);
    return answer?.body['status'];
  }

  /**
   * A base model, or the oldest checkpoint of another job, once it has two. One that may be gone by the time it is asked for
   * is left alone: a refusal then would be right.
   */
  async #start(): Promise<string> {
    const { clock } = this.#world.simulation;
    const { forkOf, project, index } = this.#job;
    const base = BASE_MODELS[index % BASE_MODELS.length] ?? '';
    for (let look = 0; forkOf !== null && look < LOOKS_MAX; look++) {
      const parent = this.#world.submitted.get(forkOf);
      const url = `/v1/fine_tuning/jobs/${parent}/checkpoints`;
      const request = { method: 'GET', url, headers: authorization(project) } as const;
      const answer = parent && (await this.#client.ask(`look ${index}`, request));
      const checkpoints = answer ? (answer.body['data'] as FineTuningJobCheckpoint[]) : [];
      const oldest = checkpoints.at(-1);
      if (oldest && checkpoints.length > 1) {
        const ageMs = clock.nowMs() - 1_000 * oldest.created_at;
        return ageMs < YOUNG_MS ? oldest.fine_tuned_model_checkpoint : base;
      }
      await clock.sleep(LOOK_EVERY_MS);
    }
    return base;
  }

  async #upload(): Promise<string> {
    const content = jsonl(Array.from({ length: 6 }, (_, i) => SFT_ROWS[i % SFT_ROWS.length] ?? {}));
    const form = multipartBody([
      { field: 'purpose', value: 'fine-tune' },
      { field: 'file', filename: 'rows.jsonl', content },
    ]);
    const headers = { ...form.headers, ...authorization(this.#job.project) };
    const request = { method: 'POST', url: '/v1/files', payload: form.payload, headers } as const;
    return this.#idOf(`upload ${this.#job.index}`, await this.#client.ask(`upload ${this.#job.index}`, request));
  }

  async #submit(fileId: string, model: string): Promise<string> {
    const { index, project, seed, key, phases, priority, stepsAllowed, keepBest } = this.#job;
    const payload = {
      model,
      training_file: fileId,
      seed,
      scheduling: { priority },
      retention: { keep_best: keepBest },
      budget: stepsAllowed === null ? null : { max_tokens: stepsAllowed * TOKENS_PER_STEP },
      // Its runners train by other numbers than estimates know of, and its machine is not one.
      preflight: { force: true },
      pipeline: phases.map(({ steps, checkpointInterval }) => ({
        type: 'supervised',
        hyperparameters: { batch_size: 2, n_epochs: 10, max_steps: steps, checkpoint_interval: checkpointInterval },
      })),
    };
    const headers = { ...authorization(project), ...(key === null ? {} : { 'idempotency-key': key }) };
    const request = { method: 'POST', url: '/v1/fine_tuning/jobs', payload, headers } as const;
    const id = this.#idOf(`submit ${index}`, await this.#client.ask(`submit ${index}`, request));
    this.#world.submitted.set(index, id);
    return id;
  }

  #idOf(wish: string, answer: { status: number; body: Record<string, unknown> } | undefined): string {
    if (answer?.status === 200) return String(answer.body['id']);
    throw new Error(`${wish} was answered ${answer?.status}: ${JSON.stringify(answer?.body)}`);
  }
}
