/** What a chaos run leaves in its store, read by the adapters and judged without the platform. */
import { openPlatform, type Platform } from '@preheat/adapters/platform';
import { decodeStored, type JobDocument, KEYS, ModelRecord, readSettings, StoreSettings } from '@preheat/contracts';
import { openBundle, sha256Hex } from '@preheat/checkpoints';
import { DeadLetters, JobStore } from '@preheat/jobs';
import { listAll } from '@preheat/ports';
import { orphansOf } from '../simulation/reachable.js';
import { PROJECT } from './platform.js';
import type { ChaosStore } from './stores.js';

export class ChaosLedger {
  readonly #platform: Platform;
  readonly #jobs: JobStore;

  private constructor(platform: Platform) {
    this.#platform = platform;
    this.#jobs = new JobStore({ ...platform, queue: platform.jobQueue });
  }

  static async open({ env }: ChaosStore): Promise<ChaosLedger> {
    // The SDK takes its credentials from the environment.
    for (const [name, value] of Object.entries(env)) if (name.startsWith('AWS_')) process.env[name] = value;
    return new ChaosLedger(
      await openPlatform(readSettings(StoreSettings, { ...env, PREHEAT_LOG_LEVEL: 'error' }), 'chaos'),
    );
  }

  async job(id: string): Promise<JobDocument> {
    const stored = await this.#jobs.read(id);
    if (!stored) throw new Error(`the acknowledged job ${id} is gone`);
    return stored.document;
  }

  async jobCount(): Promise<number> {
    return (await this.#jobs.list(PROJECT, { limit: 1_000 })).jobs.length;
  }

  /** Queues again what died too often; returns how many. */
  async redrive(): Promise<number> {
    const deadLetters = new DeadLetters(this.#jobs, { ...this.#platform, queue: this.#platform.jobQueue });
    const dead = await deadLetters.list(1_000);
    for (const { id } of dead) await deadLetters.redrive(id);
    return dead.length;
  }

  /** Pipeline steps that the job's log tells, in its order. */
  async loggedSteps(job: JobDocument): Promise<unknown[]> {
    const events = await this.#jobs.eventsSince(job, 0, 10_000);
    return events.filter(({ type }) => type === 'metrics').map(({ data }) => data?.['pipeline_step']);
  }

  /** SHA-256 of the weights of the job's model, verified against the bundle's manifest. */
  async weightsOf({ projectId, fineTunedModel }: JobDocument): Promise<string> {
    const key = KEYS.model(projectId, fineTunedModel ?? '');
    const object = await this.#platform.store.get(key);
    if (!object) return `no model ${fineTunedModel}`;
    const { prefix } = decodeStored(ModelRecord, object.body, key);
    const bundle = await openBundle(this.#platform.store, prefix);
    return sha256Hex(await bundle.read('model.safetensors'));
  }

  /** Runners are still there, and what they keep is theirs. */
  async orphans(): Promise<string[]> {
    const objects = new Map<string, Uint8Array>();
    for await (const { key } of listAll(this.#platform.store, '')) {
      const body = key.endsWith('.json') ? (await this.#platform.store.get(key))?.body : new Uint8Array();
      if (body) objects.set(key, body);
    }
    return orphansOf(objects, Date.now());
  }

  close(): Promise<void> {
    return this.#platform.close();
  }
}
