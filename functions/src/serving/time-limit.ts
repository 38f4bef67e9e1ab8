/** A bound on how long something may take, by the clock that is passed in. */
import type { Clock } from '@preheat/ports';

export interface TimeLimit {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** What was bounded is over: the clock need not be kept. */
  end(): void;
}

export function timeLimit(clock: Clock, limitMs: number): TimeLimit {
  const tooLate = new AbortController();
  const ended = new AbortController();
  clock.sleep(limitMs, ended.signal).then(
    () => tooLate.abort(),
    // Ended in time.
    () => undefined,
  );
  return { signal: tooLate.signal, end: () => ended.abort() };
}

/** The result, unless the limit is reached first. @throws the reason of `signal`. */
export function withinLimit<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const tooLate = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([work, tooLate]);
}
