/**
 * Counts the unknown keys that come from one address. Whoever sends too many in a minute is refused before the store is
 * asked; keys that a process trusts, or read in the last half hour, are not affected, wherever they come from.
 */
import { ApiError } from '@preheat/contracts';
import type { Clock } from '@preheat/ports';

const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 5_000;

export class FailedKeys {
  readonly #clock: Clock;
  readonly #maxAMinute: number;
  readonly #windows = new Map<string, { startMs: number; count: number }>();

  constructor(clock: Clock, maxAMinute: number) {
    this.#clock = clock;
    this.#maxAMinute = maxAMinute;
  }

  /** @throws ApiError `rate_limit_exceeded` with the time until the window ends. */
  refuseIfTooMany(address: string): void {
    const window = this.#windows.get(address);
    const leftMs = window ? window.startMs + WINDOW_MS - this.#clock.nowMs() : 0;
    if (!window || leftMs <= 0 || window.count < this.#maxAMinute) return;
    throw new ApiError('rate_limit_exceeded', 'Too many requests without a known key came from this address.', {
      retryAfterSeconds: Math.ceil(leftMs / 1000),
    });
  }

  count(address: string): void {
    const nowMs = this.#clock.nowMs();
    const window = this.#windows.get(address);
    if (window && window.startMs + WINDOW_MS > nowMs) {
      window.count++;
      return;
    }
    this.#windows.delete(address);
    this.#windows.set(address, { startMs: nowMs, count: 1 });
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MAX_ADDRESSES && oldest !== undefined) this.#windows.delete(oldest);
  }
}
