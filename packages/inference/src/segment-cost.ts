/**
 * How many tokens to decode before the batch is looked at again. A look costs the copy of the caches out of the runtime
 * and back; not looking costs the steps that stopped rows go on for. Costs are estimates by the size of the model, never
 * measured while decoding: how rows are batched decides the last bits of their probabilities, and the same work must give
 * the same bits on a busy machine and after a restart.
 */
import { type DecoderConfig, decoderTensors } from '@preheat/contracts';

/** Copying a byte of a cache out of the runtime and into a new array; measured at 0.3 to 0.8 ns. */
const COPY_MS_PER_BYTE = 5e-7;
/** A call of the runtime itself: feeds, fetches, one message to the thread and back. */
const CALL_MS = 0.5;
/** A token of a row on one thread: 0.03 ms at 0.4 million parameters, 0.3 ms at 11 million. */
const ROW_STEP_MS = 0.02;
const ROW_STEP_MS_PER_PARAMETER = 2.5e-8;
/** A segment shorter than this is never planned for the sake of rows that may stop. */
const MIN_SEGMENT_TOKENS = 8;
/** Stops of a row in all its tokens, before any was seen. */
const EXPECTED_STOPS = 0.5;

export class SegmentCost {
  /** Milliseconds that one token of one row takes. */
  readonly rowStepMs: number;
  #stops = 0;
  #rowTokens = 0;

  constructor(config: DecoderConfig) {
    const sizes = decoderTensors(config).map(({ shape }) => shape.reduce((product, size) => product * size, 1));
    const parameters = sizes.reduce((sum, size) => sum + size, 0);
    this.rowStepMs = ROW_STEP_MS + parameters * ROW_STEP_MS_PER_PARAMETER;
  }

  /** Milliseconds of laying a batch out anew. */
  copyMs(bytes: number): number {
    return CALL_MS + bytes * COPY_MS_PER_BYTE;
  }

  /** What a segment saw: the rate at which rows stop is learned from the rows of this work alone. */
  record(rowTokens: number, stops: number): void {
    this.#rowTokens += rowTokens;
    this.#stops += stops;
  }

  /** Forgets what was seen: the next work starts as on the first day. */
  reset(): void {
    this.#rowTokens = 0;
    this.#stops = 0;
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
    const rate = canStop ? (this.#stops + EXPECTED_STOPS) / (this.#rowTokens + longest) : 0;
    const copy = this.copyMs(bytes);
    const optimum = rate === 0 ? longest : Math.sqrt((2 * copy) / (this.rowStepMs * lengths.length * rate));
    const known = isWaiting ? shortest : this.#untilWasteIs(copy, sorted);
    return Math.min(longest, Math.max(MIN_SEGMENT_TOKENS, Math.round(Math.min(optimum, known))));
  }

  /** Tokens after which rows past their limit have cost this much. @param sorted what they may still make, rising. */
  #untilWasteIs(ms: number, sorted: readonly number[]): number {
    let [waste, tokens] = [0, sorted[0] as number];
    for (const [over, length] of sorted.entries()) {
      const more = over * (length - tokens) * this.rowStepMs;
      if (waste + more > ms) return tokens + (ms - waste) / (over * this.rowStepMs);
      waste += more;
      tokens = length;
    }
    return tokens;
  }
}
