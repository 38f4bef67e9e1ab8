/** How long a job of a key should run: the mean of those before it, newer ones more. */
const UNKNOWN_MS = 60_000;
const NEWEST_WEIGHT = 0.1;

export class RunTimeEstimates {
  readonly #means = new Map<string, number>();

  of(key: string): number {
    return this.#means.get(key) ?? UNKNOWN_MS;
  }

  ended(key: string, ranMs: number): void {
    this.#means.set(key, this.of(key) * (1 - NEWEST_WEIGHT) + ranMs * NEWEST_WEIGHT);
  }
}
