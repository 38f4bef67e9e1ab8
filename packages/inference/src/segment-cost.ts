/**
 * What decoding costs, learned while decoding, and how many tokens to decode before the batch is looked at again. A look
 * costs the copy of the caches out of the runtime and back; not looking costs the steps that stopped rows go on for.
 */

/** Copying a byte of a cache out of the runtime and into a new array; measured at 0.3 to 0.8 ns. */
const COPY_MS_PER_BYTE = 5e-7;
/** A call of the runtime itself: feeds, fetches, one message to the thread and back. */
const CALL_MS = 0.5;
/** A segment shorter than this is never planned for the sake of rows that may stop. */
const MIN_SEGMENT_TOKENS = 8;
/** Weight of the newest measurement. */
const NEWEST = 0.3;

export class SegmentCost {
  #rowStepMs = 0.03;
  /** Stops per row and token. */
  #stopRate: number | undefined;

  /** Milliseconds that one token of one row takes. */
  get rowStepMs(): number {
    return this.#rowStepMs;
  }

  /** Milliseconds of laying a batch out anew. */
  copyMs(bytes: number): number {
    return CALL_MS + bytes * COPY_MS_PER_BYTE;
  }

  record(ms: number, rows: number, steps: number, stops: number): void {
    if (rows === 0 || steps === 0) return;
    const rate = stops / (rows * steps);
    this.#rowStepMs += NEWEST * (ms / (rows * steps) - this.#rowStepMs);
    this.#stopRate = this.#stopRate === undefined ? rate : this.#stopRate + NEWEST * (rate - this.#stopRate);
  }

  /**
   * Tokens of the next segment: to where a look at the batch pays, whether rows stop or reach their limit. With rows
   * stopping at rate h, those that stop in a segment of s tokens waste on average s / 2 tokens each: `copy / s + rowStep *
   * rows * h * s / 2` a token is least at `sqrt(2 copy / (rowStep * rows * h))`.
   * @param lengths tokens that each row may still make.
   * @param isWaiting whether rows wait for a place: a row that is over is then worth replacing.
   */
  segmentTokens(lengths: readonly number[], bytes: number, canStop: boolean, isWaiting: boolean): number {
    const sorted = [...lengths].sort((a, b) => a - b);
    const [shortest, longest] = [sorted[0] as number, sorted.at(-1) as number];
    const rate = canStop ? Math.max(this.#stopRate ?? 1 / longest, 1e-9) : 0;
    const copy = this.copyMs(bytes);
    const optimum = rate === 0 ? longest : Math.sqrt((2 * copy) / (this.#rowStepMs * lengths.length * rate));
    const known = isWaiting ? shortest : this.#untilWasteIs(copy, sorted);
    return Math.min(longest, Math.max(MIN_SEGMENT_TOKENS, Math.round(Math.min(optimum, known))));
  }

  /** Tokens after which rows past their limit have cost this much. @param sorted what they may still make, rising. */
  #untilWasteIs(ms: number, sorted: readonly number[]): number {
    let [waste, tokens] = [0, sorted[0] as number];
    for (const [over, length] of sorted.entries()) {
      const more = over * (length - tokens) * this.#rowStepMs;
      if (waste + more > ms) return tokens + (ms - waste) / (over * this.#rowStepMs);
      waste += more;
      tokens = length;
    }
    return tokens;
  }
}
