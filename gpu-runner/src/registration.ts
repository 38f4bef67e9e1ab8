/**
 * Says that this runner is there and what it does, in a record that expires when it dies. What is told hangs on it, no job:
 * a failure is logged, and the next beat tries again.
 */
import { LOCAL_RUNNER_CLASS, type RunnerRecord } from '@preheat/contracts';
import { type LeasedJob, RunnerRegistry, type RunnerRegistryDependencies, runTimeLeft } from '@preheat/jobs';
import type { HeldModels } from './held-models.js';

const BEAT_MS = 60_000;
/** Two beats may fail. */
const EXPIRES_AFTER_MS = 3 * BEAT_MS;

export interface RegistrationDependencies extends RunnerRegistryDependencies {
  readonly runnerId: string;
  readonly runnerClass?: string;
  readonly heldModels?: HeldModels;
}

export class Registration {
  readonly #deps: RegistrationDependencies;
  readonly #registry: RunnerRegistry;
  readonly #startedAtMs: number;
  readonly #ended = new AbortController();
  #busy: { readonly leased: LeasedJob; readonly sinceMs: number } | null = null;
  /** One write after the other: the last one told is the newest. */
  #tail: Promise<void> = Promise.resolve();

  constructor(deps: RegistrationDependencies) {
    this.#deps = deps;
    this.#registry = new RunnerRegistry(deps);
    this.#startedAtMs = deps.clock.nowMs();
  }

  /** Beats until `end`. */
  async beat(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#tell();
      await this.#deps.clock.sleep(BEAT_MS, signal).catch(() => undefined);
    }
  }

  took(leased: LeasedJob): Promise<void> {
    this.#busy = { leased, sinceMs: this.#deps.clock.nowMs() };
    return this.#tell();
  }

  left(): Promise<void> {
    this.#busy = null;
    return this.#tell();
  }

  /** The runner leaves: its record goes with it. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#inTurn(() => this.#registry.remove(this.#deps.runnerId));
  }

  #tell(): Promise<void> {
    return this.#inTurn(() => (this.#ended.signal.aborted ? Promise.resolve() : this.#registry.write(this.#record())));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#tail = this.#tail.then(work).catch((error: unknown) => {
      this.#deps.log.warn('the record of this runner could not be written', { error });
    });
    return this.#tail;
  }

  #record(): RunnerRecord {
    const nowMs = this.#deps.clock.nowMs();
    return {
      schemaVersion: 2,
      id: this.#deps.runnerId,
      runnerClass: this.#class,
      startedAtMs: this.#startedAtMs,
      writtenAtMs: nowMs,
      expiresAtMs: nowMs + EXPIRES_AFTER_MS,
      warmModels: this.#deps.heldModels?.list ?? [],
      job: this.#job(nowMs),
    };
  }

  #job(nowMs: number): RunnerRecord['job'] {
    if (!this.#busy) return null;
    const { leased, sinceMs } = this.#busy;
    const left = runTimeLeft(leased.job, this.#class);
    const at = (seconds: number): number => Math.round(nowMs + seconds * 1000);
    const endsAtMs = left && { earliest: at(left.low), latest: at(left.high) };
    const { id: jobId, projectId } = leased.job;
    return { jobId, projectId, sinceMs, endsAtMs };
  }

  get #class(): string {
    return this.#deps.runnerClass ?? LOCAL_RUNNER_CLASS;
  }
}
