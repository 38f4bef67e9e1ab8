/**
 * Progress on a terminal: one line that rewrites itself, with messages scrolling above it. Where there is no terminal the
 * line is printed at most every few seconds, so a log stays readable.
 */
import type { Output } from '../io.js';

const PLAIN_INTERVAL_MS = 5_000;
const TTY_INTERVAL_MS = 100;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';

export class ProgressLine {
  readonly #output: Output;
  readonly #nowMs: () => number;
  #current = '';
  #lastWriteMs = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(output: Output, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
  }

  /** Replaces the line. Shown when it is due, or at once when `now`. */
  update(text: string, now = false): void {
    if (text === this.#current && !now) return;
    this.#current = text;
    const intervalMs = this.#output.isTTY ? TTY_INTERVAL_MS : PLAIN_INTERVAL_MS;
    if (now || this.#nowMs() - this.#lastWriteMs >= intervalMs) this.#show();
  }

  /** A line that stays, above the progress line. */
  message(text: string): void {
    this.#clear();
    this.#output.write(`${text}\n`);
    if (this.#output.isTTY && this.#current !== '') this.#show();
  }

  /** Ends the line: what it said last stays on screen, and nothing more is drawn until the next update. */
  end(): void {
    if (this.#current === '') return;
    if (this.#output.isTTY) {
      this.#show();
      this.#output.write('\n');
    }
    this.#current = '';
    this.#drawn = false;
    this.#lastWriteMs = Number.NEGATIVE_INFINITY;
  }

  #show(): void {
    this.#lastWriteMs = this.#nowMs();
    if (!this.#output.isTTY) {
      this.#output.write(`${this.#current}\n`);
      return;
    }
    const columns = this.#output.columns ?? DEFAULT_COLUMNS;
    // A line as wide as the terminal would wrap, and clearing it would leave its first half behind.
    this.#output.write(CLEAR_LINE + [...this.#current].slice(0, columns - 1).join(''));
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) this.#output.write(CLEAR_LINE);
    this.#drawn = false;
  }
}

/** `█████░░░░░`, `fraction` of it filled. */
export function progressBar(fraction: number, width = 16): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
