/** Scores by (grader, sample), the least recently used forgotten first. Failures are never kept. */
import type { LeafResult } from './grade.js';

/** About 10 MB of keys and results. */
const MAX_ENTRIES = 32_768;

export class LeafCache {
  readonly #results = new Map<string, LeafResult>();

  get(key: string): LeafResult | undefined {
    const known = this.#results.get(key);
    if (known) {
      this.#results.delete(key);
      this.#results.set(key, known);
    }
    return known;
  }

  set(key: string, result: LeafResult): void {
    this.#results.set(key, result);
    const [oldest] = this.#results.keys();
    if (this.#results.size > MAX_ENTRIES && oldest !== undefined) this.#results.delete(oldest);
  }
}
