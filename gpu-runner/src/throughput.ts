/** Speed and time left of a running phase, smoothed over recent steps so that one slow step does not swing the estimate. */
export interface Throughput {
  readonly tokensPerSecond: number | null;
  readonly etaSeconds: number | null;
}

/** Weight of the newest step in the moving averages. */
const NEWEST = 0.2;

export class ThroughputMeter {
  #secondsPerStep: number | null = null;
  #tokensPerSecond: number | null = null;

  /** Adds a step that took `elapsedMs` and trained on `tokens`. */
  add(elapsedMs: number, tokens: number): void {
    const seconds = Math.max(elapsedMs, 1) / 1000;
    this.#secondsPerStep = smooth(this.#secondsPerStep, seconds);
    this.#tokensPerSecond = smooth(this.#tokensPerSecond, tokens / seconds);
  }

  /** The state with `stepsLeft` steps of the phase to go, as far as known. */
  read(stepsLeft: number | null): Throughput {
    const eta = this.#secondsPerStep === null || stepsLeft === null ? null : this.#secondsPerStep * stepsLeft;
    return { tokensPerSecond: this.#tokensPerSecond, etaSeconds: eta };
  }
}

function smooth(average: number | null, value: number): number {
  return average === null ? value : average + NEWEST * (value - average);
}
