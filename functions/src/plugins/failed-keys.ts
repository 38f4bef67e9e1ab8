/**
 * Counts the unknown keys that come from one address. Whoever sends too many in a minute is refused before the store is
 * asked; keys that a process trusts, or read in the last half hour, are not affected, wherever they come from.
 */
import { ApiError } from '@preheat/contracts';
import type { Clock } from '@preheat/ports';
import { MinuteCounts } from './minute-counts.js';

export class FailedKeys {
  readonly #maxAMinute: number;
  readonly #failures: MinuteCounts;

  constructor(clock: Clock, maxAMinute: number) {
    this.#maxAMinute = maxAMinute;
    this.#failures = new MinuteCounts(clock);
  }

  /** @throws ApiError `rate_limit_exceeded` with the time until the window ends. */
  refuseIfTooMany(address: string): void {
    const { count, leftMs } = this.#failures.read(address);
    if (leftMs <= 0 || count < this.#maxAMinute) return;
    throw new ApiError('rate_limit_exceeded', 'Too many requests without a known key came from this address.', {
      retryAfterSeconds: Math.ceil(leftMs / 1000),
    });
  }

  count(address: string): void {
    this.#failures.add(address);
  }
}
