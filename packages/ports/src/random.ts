/**
 * Random: seeded, counter-based chance. The whole state is a key and a counter, so it fits in a checkpoint and a
 * resumed run draws exactly what the uninterrupted run would have drawn.
 */

/** Plain JSON. `key` names the stream, `counter` counts the blocks drawn from it. */
export interface RandomState {
  /** Two unsigned 32-bit integers. */
  readonly key: readonly [number, number];
  /** A safe integer, 0 at the start. */
  readonly counter: number;
}

export interface Random {
  /** Uniform in [0, 1), with 53 random bits. */
  float(): number;

  /** Uniform over 0 .. bound − 1, without modulo bias. @throws RangeError unless 1 ≤ bound ≤ 2^53 − 1. */
  int(bound: number): number;

  /**
   * An independent stream that depends only on this stream's key and the label: forking does not advance this
   * stream, and the same label gives the same stream again.
   */
  fork(label: string): Random;

  state(): RandomState;
}
