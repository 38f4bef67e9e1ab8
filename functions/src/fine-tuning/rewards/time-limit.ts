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
