/**
 * Whatever asks a runner to leave its job before the end takes one path: a pause, SIGTERM, a spot notice. First work is asked
 * to stop where nothing is lost (`yielding`); what has not by the end of the runner's patience is stopped where it is
 * (`stopping`), and the job goes back to its last checkpoint. A hold of capacity hurries nobody: it is heard between steps alone.
 */
import type { LeasedJob } from '@preheat/jobs';
import type { Clock } from '@preheat/ports';

/** The reason with which both signals abort. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** What asks a runner to leave its job, beside the job itself. Each aborts with a reason for the job's events. */
export interface LeaveSignals {
  /** What the process was told, such as `SIGTERM`: it is killed soon. */
  readonly shutdown: AbortSignal;
  /** Nothing hurries: the job is left where nothing of it is lost, however long that takes. */
  readonly held: AbortSignal;
}

export class Interruption {
  /** Stop where the state is whole. */
  readonly yielding: AbortSignal;
  /** Stop at once: the patience is over, or the job is not ours any more. */
  readonly stopping: AbortSignal;
  readonly #yielding = new AbortController();
  readonly #stopping = new AbortController();
  readonly #ended = new AbortController();
  readonly #held: AbortSignal;
  #reason = '';

  constructor(leased: LeasedJob, { shutdown, held }: LeaveSignals, options: { clock: Clock; patienceMs: number }) {
    this.#held = held;
    this.yielding = this.#yielding.signal;
    this.stopping = this.#stopping.signal;
    const follow = (signal: AbortSignal, then: () => void): void => {
      if (signal.aborted) then();
      else signal.addEventListener('abort', then, { once: true, signal: this.#ended.signal });
    };
    follow(leased.lost, () => this.#stopping.abort(leased.lost.reason));
    follow(leased.pausing, () => this.#interrupt(String(leased.pausing.reason), options));
    follow(shutdown, () => this.#interrupt(told(shutdown.reason), options));
  }

  /** Whether to leave now, asked where the state is whole. */
  isDueBetweenSteps(): boolean {
    if (!this.yielding.aborted && this.#held.aborted) this.#reason = told(this.#held.reason);
    return this.yielding.aborted || this.#held.aborted;
  }

  /** Why, once it is due. */
  get reason(): string {
    return this.#reason;
  }

  /** Resolves once work should yield. */
  get requested(): Promise<'interrupted'> {
    return new Promise((resolve) => {
      if (this.yielding.aborted) resolve('interrupted');
      this.yielding.addEventListener('abort', () => resolve('interrupted'), { once: true, signal: this.#ended.signal });
    });
  }

  /** Stops the work at once. */
  stop(error: Error): void {
    this.#stopping.abort(error);
  }

  /** Lets go of the signals it was made of. */
  end(): void {
    this.#ended.abort();
  }

  #interrupt(reason: string, { clock, patienceMs }: { clock: Clock; patienceMs: number }): void {
    if (this.yielding.aborted) return;
    this.#reason = reason;
    const error = new InterruptedError(reason);
    this.#yielding.abort(error);
    void clock.sleep(patienceMs, this.#ended.signal).then(
      () => this.#stopping.abort(error),
      () => undefined,
    );
  }
}

const told = (reason: unknown): string => (typeof reason === 'string' ? reason : 'shutdown');

/**
 * The outcome of work that has no place to stop, unless it is interrupted: then the job is given back first, and the work is
 * waited for and undone.
 */
export async function unlessInterrupted<T>(
  work: Promise<T>,
  interruption: Interruption,
  leave: () => Promise<unknown>,
  undo: (result: T) => Promise<void> = async () => undefined,
): Promise<T | 'interrupted'> {
  const first = await Promise.race([work, interruption.requested]);
  if (first !== 'interrupted') return first;
  try {
    await leave();
  } finally {
    await work.then(undo, () => undefined);
  }
  return 'interrupted';
}
