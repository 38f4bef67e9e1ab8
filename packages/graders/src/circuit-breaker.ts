/**
 * Stops asking what does not answer (the circuit breaker of Nygard, "Release It!", section 5.2): after a row of failures
 * a grader's calls fail at once, until some time has passed and one call may try again.
 */
import type { Clock } from '@preheat/ports';
import { type Flagged, flagged, type Outcome } from './outcome.js';

/** Attempts in a row without an answer. */
const OPEN_AFTER = 8;
const OPEN_FOR_MS = 60_000;
const MAX_GRADERS = 1024;

export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #states = new Map<string, { failures: number; askAgainMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Why this grader is not asked now; null when it may be. */
  refusal(key: string): Flagged | null {
    const state = this.#states.get(key);
    const nowMs = this.#clock.nowMs();
    if (!state || state.failures < OPEN_AFTER) return null;
    if (nowMs >= state.askAgainMs) {
      // One call finds out; the others go on failing at once meanwhile.
      state.askAgainMs = nowMs + OPEN_FOR_MS;
      return null;
    }
    const message = `The grader failed ${state.failures} times in a row and is not asked for ${OPEN_FOR_MS / 1000} s.`;
    return flagged('other_error', message, { isUnresponsive: true });
  }

  record(key: string, outcome: Outcome<unknown>): void {
    if (outcome.ok || !(outcome.isTransient || outcome.isUnresponsive)) {
      this.#states.delete(key);
      return;
    }
    const failures = (this.#states.get(key)?.failures ?? 0) + 1;
    this.#states.delete(key);
    this.#states.set(key, { failures, askAgainMs: this.#clock.nowMs() + OPEN_FOR_MS });
    const [oldest] = this.#states.keys();
    if (this.#states.size > MAX_GRADERS && oldest !== undefined) this.#states.delete(oldest);
  }
}
