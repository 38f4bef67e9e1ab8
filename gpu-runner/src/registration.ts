/**
 * Says that this runner is there and what it does, in a record that expires when it dies. What is told hangs on it, no job:
 * a failure is logged, and the next beat tries again.
 */
import { LOCAL_RUNNER_CLASS, type RunnerRecord } from '@preheat/contracts';
import { type LeasedJob, RunnerRegistry, type RunnerRegistryDependencies, runTimeLeft } from '@preheat/jobs';
import { BesideTraining } from './beside-training.js';
import type { HeldModels } from './held-models.js';

const BEAT_MS = 60_000;
/** Two beats may fail. */
const EXPIRES_AFTER_MS = 3 * BEAT_MS;

export interface RegistrationDependencies extends RunnerRegistryDependencies {
  readonly runnerId: string;
  readonly runnerClass?: string;
  readonly heldModels?: HeldModels;
}

interface Busy {
  readonly leased: LeasedJob;
  readonly sinceMs: number;
  /** Training of earlier attempts. */
  readonly trainedBeforeMs: number;
}

const trainedMs = ({ job }: LeasedJob): number => job.resume?.usage?.trainMs ?? 0;

export class Registration {
  readonly #deps: RegistrationDependencies;
  readonly #registry: RunnerRegistry;
  readonly #startedAtMs: number;
  readonly #ended = new AbortController();
  readonly #beside = new BesideTraining();
  #busy: Busy | null = null;
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
    this.#busy = { leased, sinceMs: this.#deps.clock.nowMs(), trainedBeforeMs: trainedMs(leased) };
    return this.#tell();
  }

  left(): Promise<void> {
    if (this.#busy?.leased.job.state === 'succeeded') {
      const { ranMs, trainedHereMs } = this.#spent(this.#busy);
      this.#beside.succeeded(ranMs, trainedHereMs);
    }
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

  #spent({ leased, sinceMs, trainedBeforeMs }: Busy): { readonly ranMs: number; readonly trainedHereMs: number } {
    return { ranMs: this.#deps.clock.nowMs() - sinceMs, trainedHereMs: trainedMs(leased) - trainedBeforeMs };
  }

  #record(): RunnerRecord {
    const nowMs = this.#deps.clock.nowMs();
    const besideTrainingMs = this.#beside.range;
    return {
      schemaVersion: 2,
      id: this.#deps.runnerId,
      runnerClass: this.#class,
      startedAtMs: this.#startedAtMs,
      writtenAtMs: nowMs,
      expiresAtMs: nowMs + EXPIRES_AFTER_MS,
      warmModels: this.#deps.heldModels?.list ?? [],
      ...(besideTrainingMs ? { besideTrainingMs } : {}),
      job: this.#job(nowMs),
    };
  }

  #job(nowMs: number): RunnerRecord['job'] {
    if (!this.#busy) return null;
    const { leased, sinceMs } = this.#busy;
    const { ranMs, trainedHereMs } = this.#spent(this.#busy);
    const training = runTimeLeft(leased.job, this.#class);
    const beside = this.#beside.left(ranMs - trainedHereMs);
    const at = (seconds: number, besideMs: number): number => Math.round(nowMs + seconds * 1000 + besideMs);
    const endsAtMs = training && {
      earliest: at(training.low, beside.earliest),
      latest: at(training.high, beside.latest),
    };
    const { id: jobId, projectId } = leased.job;
    return { jobId, projectId, sinceMs, endsAtMs };
  }

  get #class(): string {
    return this.#deps.runnerClass ?? LOCAL_RUNNER_CLASS;
  }
}
