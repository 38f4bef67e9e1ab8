/**
 * What the reference says of every pair, computed once in a phase and part of its snapshots: a resumed phase must not
 * compute it again in other micro-batches, which would differ by rounding. Once everything is known the reference is closed.
 */
import type { Tensor } from '@preheat/checkpoints';
import { invariant } from '@preheat/contracts';
import type { Trainer } from '@preheat/nn';
import type { Pair } from './preference-pairs.js';
import { answerLogProbs } from './answer-log-probs.js';

/** No log-probability is above 0. */
const UNKNOWN = 1;

export class ReferenceScores {
  /** [rows, 2]: summed log-probabilities of the preferred and the other answer. */
  readonly #scores: Float32Array;

  /** @param stored As `tensor` gave it; absent at the start of a phase. */
  constructor(rows: number, stored?: Tensor) {
    invariant(
      !stored || stored.data.length === 2 * rows,
      `reference scores of ${rows} rows, and ${stored?.data.length} stored`,
    );
    this.#scores = stored ? stored.data.slice() : new Float32Array(2 * rows).fill(UNKNOWN);
  }

  tensor(): Tensor {
    return { shape: [this.#scores.length / 2, 2], data: this.#scores.slice() };
  }

  get isComplete(): boolean {
    return !this.#scores.includes(UNKNOWN);
  }

  /** Both log-probabilities of the pairs of these rows. @param reference Opened only when one is not known yet. */
  async of(
    rows: readonly number[],
    pairs: readonly Pair[],
    reference: () => Promise<Trainer>,
  ): Promise<{ chosen: number; rejected: number }[]> {
    const missing = rows.flatMap((row, i) => (this.#scores[2 * row] === UNKNOWN ? [i] : []));
    if (missing.length > 0) {
      const found = await answerLogProbs(
        await reference(),
        missing.map((i) => pairs[i] as Pair),
      );
      missing.forEach((i, k) => {
        const scored = found[k];
        if (scored) this.#scores.set([scored.chosen, scored.rejected], 2 * (rows[i] as number));
      });
    }
    return rows.map((row) => ({
      chosen: this.#scores[2 * row] ?? Number.NaN,
      rejected: this.#scores[2 * row + 1] ?? Number.NaN,
    }));
  }
}
