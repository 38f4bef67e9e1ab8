/**
 * Whatever asks a runner to leave its job before the end takes one path: a pause, SIGTERM, a spot notice. First work is asked
 * to stop where nothing is lost (`yielding`); what has not by the end of the runner's patience is stopped where it is
 * (`stopping`), and the job goes back to its last checkpoint.
 */
import type { LeasedJob } from '@preheat/jobs';
import type { Clock } from '@preheat/ports';

/** The reason with which both signals abort. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

export class Interruption {
  /** Stop where the state is whole. */
  readonly yielding: AbortSignal;
  /** Stop at once: the patience is over, or the job is not ours any more. */
  readonly stopping: AbortSignal;
  readonly #yielding = new AbortController();
  readonly #stopping = new AbortController();
  readonly #ended = new AbortController();
  #reason = '';

  /** @param shutdown Aborts with what the process was told, such as `SIGTERM`. */
  constructor(leased: LeasedJob, shutdown: AbortSignal, options: { clock: Clock; patienceMs: number }) {
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

  /** Why, once `yielding` is aborted. */
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
