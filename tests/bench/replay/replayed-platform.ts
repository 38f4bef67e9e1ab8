/** The embedded platform to replay on: one API process, runner processes on a core each, and one directory as the store. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FineTuningJob } from '@preheat/contracts';
import { letterToSound, toChatRow } from '@preheat/tasks';
import { REPOSITORY } from '../peers.js';
import { LoggedProcess } from './process-log.js';

const KEY = 'sk-replay';
/** A few rows: a job is as long as its number of steps. */
const ROWS = 64;
const BATCH = 8;

export interface PlatformOptions {
  readonly runners: number;
  /** From starting a runner until it takes a job, as API and runners are told. */
  readonly coldStartSeconds: number;
}

/** What the job's events say of its start, ms. */
export interface FirstStep {
  readonly cold: boolean;
  readonly queue_ms: number;
  readonly machine_ms: number | null;
  readonly process_ms: number | null;
  readonly data_ms: number;
  readonly model_ms: number;
}

interface EventPage {
  readonly data: readonly { readonly id: string; readonly data?: { readonly kind?: string } }[];
  readonly has_more: boolean;
}

export class ReplayedPlatform {
  readonly #folder: string;
  readonly #api: LoggedProcess;
  readonly #url: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #file: string;
  #runners = 0;

  private constructor(
    folder: string,
    api: LoggedProcess,
    url: string,
    environment: Readonly<Record<string, string>>,
    file: string,
  ) {
    this.#folder = folder;
    this.#api = api;
    this.#url = url;
    this.#environment = environment;
    this.#file = file;
  }

  static async start({ runners, coldStartSeconds }: PlatformOptions): Promise<ReplayedPlatform> {
    const folder = mkdtempSync(join(tmpdir(), 'preheat-replay-'));
    // Whatever ends the replay, which may be before it is stopped, leaves nothing.
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const environment = {
      PATH: process.env['PATH'] ?? '',
      PREHEAT_STORE: 'filesystem',
      PREHEAT_DATA_DIR: folder,
      PREHEAT_COLD_START_SECONDS: String(coldStartSeconds),
      PREHEAT_MAX_RUNNERS: String(runners),
      PREHEAT_PORT: '0',
      PREHEAT_API_KEY_HASHES: `${createHash('sha256').update(KEY).digest('hex')}:replay`,
    };
    const api = new LoggedProcess([process.execPath, join(REPOSITORY, 'functions/dist/main.js')], environment);
    const { fields } = await api.seen('listening');
    const url = `${String(fields['url'])}/v1`;
    const form = new FormData();
    form.set('purpose', 'fine-tune');
    const rows = letterToSound()
      .train.slice(0, ROWS)
      .map((item) => JSON.stringify(toChatRow(item)));
    form.set('file', new Blob([rows.join('\n')]), 'rows.jsonl');
    const file = await answer(fetch(`${url}/files`, { method: 'POST', body: form, headers: AUTHORIZED }));
    return new ReplayedPlatform(folder, api, url, environment, (file as { id: string }).id);
  }

  /** A runner on core `place`, so that runners take no time from each other, as machines do not. */
  startRunner(place: number): LoggedProcess {
    const pinned = canPin() ? ['taskset', '-c', String(place)] : [];
    return new LoggedProcess([...pinned, process.execPath, join(REPOSITORY, 'gpu-runner/dist/main.js')], {
      ...this.#environment,
      PREHEAT_RUNNER_ID: `replay-${this.#runners++}`,
      PREHEAT_RUNNER_EXECUTOR: 'onnx',
      PREHEAT_RUNNER_EXIT_WHEN_IDLE: 'yes',
    });
  }

  async submit(model: string, steps: number): Promise<FineTuningJob> {
    const hyperparameters = { batch_size: BATCH, max_steps: steps, n_epochs: 50 };
    const pipeline = [{ type: 'supervised', algorithm: 'sft', hyperparameters }];
    const body = JSON.stringify({ model, training_file: this.#file, seed: 1, pipeline });
    const headers = { ...AUTHORIZED, 'content-type': 'application/json' };
    const made = await answer(fetch(`${this.#url}/fine_tuning/jobs`, { method: 'POST', body, headers }));
    return made as FineTuningJob;
  }

  /** @throws Error when the job did not get to a first step. */
  async firstStep(jobId: string): Promise<FirstStep> {
    // The newest come first, and every step is an event.
    for (let after = ''; ; ) {
      const path = `${this.#url}/fine_tuning/jobs/${jobId}/events?limit=100${after && `&after=${after}`}`;
      const { data, has_more } = (await answer(fetch(path, { headers: AUTHORIZED }))) as EventPage;
      const event = data.find((one) => one.data?.kind === 'first_step');
      if (event) return event.data as unknown as FirstStep;
      if (!has_more) throw new Error(`${jobId} has no event of a first step`);
      after = data.at(-1)?.id ?? '';
    }
  }

  async stop(): Promise<void> {
    await this.#api.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const AUTHORIZED = { authorization: `Bearer ${KEY}` };

export const canPin = (): boolean => process.platform === 'linux' && availableParallelism() > 1;

/** @throws Error with what the platform answered when that is no success. */
async function answer(request: Promise<Response>): Promise<unknown> {
  const response = await request;
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text}`);
  return JSON.parse(text);
}
