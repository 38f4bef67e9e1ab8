/**
 * Tells evaluation of a model before anybody asks for it. Shortly before the last phase ends, by the rule that the simulator judges
 * (`isTimeToWarm`): what opens models is started, and the base of an adapter is opened, which all its adapters share. Once the model
 * has its name: the model itself. A message may be lost, late or doubled, which costs waiting or nothing; so nobody waits until it is
 * sent, or fails because it is not.
 */
import type { JobDocument, ModelRecord, WarmMessage } from '@preheat/contracts';
import { INTERACTIVE_PRICES, isTimeToWarm } from '@preheat/scheduler';
import type { RunnerDependencies } from './runner-dependencies.js';

/** From the message until models can be opened: a function's cold start with its model runtime. */
const START_MS = 10_000;
const START_SPREAD_MS = 5_000;
/** Steps that an estimate looks back on. */
const STEPS_KEPT = 32;
/** Who has not asked by then does not ask soon; older messages do nothing. */
const EXPIRES_AFTER_MS = 10 * 60_000;

type WarmthDependencies = Pick<RunnerDependencies, 'evaluationQueue' | 'clock' | 'log'>;

export class EvaluationWarmth {
  readonly #deps: WarmthDependencies;
  readonly #job: Pick<JobDocument, 'id' | 'projectId'>;
  #stepMs: number[] = [];
  #isAhead = false;

  constructor(deps: WarmthDependencies, job: Pick<JobDocument, 'id' | 'projectId'>) {
    this.#deps = deps;
    this.#job = job;
  }

  /**
   * A step of the last phase was finished.
   * @param stepsLeft Null where it is not known.
   * @param base What the adapter in training changes; null where the whole model is trained.
   */
  stepped(elapsedMs: number, stepsLeft: number | null, base: ModelRecord | null): void {
    if (this.#isAhead || stepsLeft === null) return;
    this.#stepMs = [...this.#stepMs, elapsedMs].slice(-STEPS_KEPT);
    const progress = { remainingSteps: stepsLeft, stepMs: this.#stepMs, reportEveryMs: elapsedMs };
    const start = { startMs: START_MS, startSpreadMs: START_SPREAD_MS, prices: INTERACTIVE_PRICES };
    if (!isTimeToWarm(progress, start)) return;
    this.#isAhead = true;
    void this.#send(base?.name ?? null);
  }

  /** The model has its name. */
  published(model: string): void {
    void this.#send(model);
  }

  async #send(model: string | null): Promise<void> {
    const { evaluationQueue, clock, log } = this.#deps;
    const expiresAtMs = Math.round(clock.nowMs() + EXPIRES_AFTER_MS);
    const message: WarmMessage = { kind: 'warm', projectId: this.#job.projectId, model, expiresAtMs };
    try {
      await evaluationQueue?.send(message);
    } catch (error) {
      log.warn('evaluation could not be told of a model; its first answer waits', { jobId: this.#job.id, error });
    }
  }
}
