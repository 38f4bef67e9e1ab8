/** Counts by name in windows of a minute, of which each begins with what is counted first. */
import type { Clock } from '@preheat/ports';

const WINDOW_MS = 60_000;
/** The windows that began first are forgotten beyond. */
const MAX_NAMES = 5_000;

export interface MinuteCount {
  readonly count: number;
  /** Until the window ends. */
  readonly leftMs: number;
}

export class MinuteCounts {
  readonly #clock: Clock;
  readonly #windows = new Map<string, { startMs: number; count: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(name: string): MinuteCount {
    const window = this.#windows.get(name);
    const leftMs = window ? window.startMs + WINDOW_MS - this.#clock.nowMs() : 0;
    return window && leftMs > 0 ? { count: window.count, leftMs } : { count: 0, leftMs: 0 };
  }

  add(name: string): MinuteCount {
    const { count, leftMs } = this.read(name);
    const window = this.#windows.get(name);
    if (window && leftMs > 0) {
      window.count++;
      return { count: count + 1, leftMs };
    }
    this.#windows.delete(name);
    this.#windows.set(name, { startMs: this.#clock.nowMs(), count: 1 });
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MAX_NAMES && oldest !== undefined) this.#windows.delete(oldest);
    return { count: 1, leftMs: WINDOW_MS };
  }
}
