/**
 * A Clock that moves only when told. Timers fire in order of due time, then of creation, and everything a timer
 * wakes runs to its next wait before the following timer fires, so equal programs give equal traces.
 * It orders timers and promise callbacks; real I/O underneath keeps its own order.
 */
import type { Clock } from './clock.js';

interface Timer {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Thrown by `run` when the program waits for something that no timer will bring about. */
export class DeadlockError extends Error {
  override readonly name = 'DeadlockError';
}

export class VirtualClock implements Clock {
  #nowMs: number;
  /** Sorted by due time; equal times keep the order of creation. */
  readonly #timers: Timer[] = [];

  /** Starts at a fixed instant (2020-01-01 UTC unless told otherwise), so that printed times look like times. */
  constructor(startMs = Date.UTC(2020, 0, 1)) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const dueMs = this.#nowMs + Math.max(0, ms);
    return new Promise((resolve, reject) => {
      if (!signal) return this.#insert({ dueMs, wake: resolve });
      if (signal.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.#timers.splice(this.#timers.indexOf(timer), 1);
        reject(signal.reason);
      };
      const wake = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const timer = { dueMs, wake };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#insert(timer);
    });
  }

  /** Move `ms` forward, firing every timer that falls due on the way, those created meanwhile included. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    while (this.#timers[0] !== undefined && this.#timers[0].dueMs <= endMs) {
      this.#fireNext();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  /**
   * Jump from timer to timer until `program` settles, and return its result.
   * @throws DeadlockError when it is unsettled and no timer is left.
   */
  run<T>(program: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    program.then(mark, mark);
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        if (settled) return resolve(program);
        if (!this.#fireNext()) return reject(new DeadlockError('The program waits, but no timer is left to wake it'));
        setImmediate(turn);
      };
      setImmediate(turn);
    });
  }

  /** Timers not yet fired; a scenario that ended cleanly leaves none. */
  pendingTimers(): number {
    return this.#timers.length;
  }

  #insert(timer: Timer): void {
    const index = this.#timers.findLastIndex((other) => other.dueMs <= timer.dueMs);
    this.#timers.splice(index + 1, 0, timer);
  }

  /** False when there is none. */
  #fireNext(): boolean {
    const timer = this.#timers.shift();
    if (timer === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    timer.wake();
    return true;
  }
}

/** Promise callbacks run to exhaustion before the event loop reaches an immediate. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
