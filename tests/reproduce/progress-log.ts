/** Progress of hours as a log: what is done stays, what is under way is said every few seconds, with the time left. */

const INTERVAL_MS = 10_000;

export class ProgressLog {
  readonly #output: { write(text: string): unknown };
  readonly #nowMs: () => number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #prefix = '';

  constructor(output: { write(text: string): unknown }, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
  }

  /** Says what is under way; shown before every progress line. */
  under(prefix: string): void {
    this.#prefix = prefix;
  }

  progress(text: string): void {
    if (this.#nowMs() - this.#lastMs < INTERVAL_MS) return;
    this.#lastMs = this.#nowMs();
    this.#output.write(`  ${this.#prefix}${text}\n`);
  }

  message(text: string): void {
    this.#output.write(`${text}\n`);
  }
}

/** `4m 10s`, `1h 02m`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0
    ? `${hours}h ${String(minutes).padStart(2, '0')}m`
    : `${minutes}m ${String(whole % 60).padStart(2, '0')}s`;
}
