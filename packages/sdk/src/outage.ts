/**
 * What lasts for hours puts up with minutes without an answer: a laptop that sleeps, a platform that is deployed anew. One
 * object for one wait; each failed question is reported to it, and it throws what will not get better or has lasted too long.
 */
import { PreheatError } from './errors.js';

export const DEFAULT_MAX_OUTAGE_MS = 600_000;

const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 429]);

export class Outage {
  readonly #nowMs: () => number;
  readonly #maxMs: number;
  #sinceMs: number | undefined;

  constructor(nowMs: () => number, maxMs: number = DEFAULT_MAX_OUTAGE_MS) {
    this.#nowMs = nowMs;
    this.#maxMs = maxMs;
  }

  answered(): void {
    this.#sinceMs = undefined;
  }

  /** Throws `error` when asking again is no use. */
  failed(error: unknown): void {
    this.#sinceMs ??= this.#nowMs();
    if (!isPassing(error) || this.#nowMs() - this.#sinceMs >= this.#maxMs) throw error;
  }
}

/** A broken connection (fetch reports it as a `TypeError`), a busy server or a failing one. */
function isPassing(error: unknown): boolean {
  if (error instanceof PreheatError) {
    return error.status === null || error.status >= 500 || PASSING_STATUSES.has(error.status);
  }
  return error instanceof TypeError;
}
