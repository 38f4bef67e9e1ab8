/**
 * What jobs take on this runner beside training: opening models, compiling the first step, checkpoints, export and its parity check. No
 * preflight knows it, and of a short job it is the greater part, so whoever waits is told with it what runners saw.
 */
export interface RangeMs {
  readonly earliest: number;
  readonly latest: number;
}

/** Jobs that are remembered. */
const RECENT = 8;

export class BesideTraining {
  #recentMs: readonly number[] = [];

  /** A job succeeded here. @param trainedMs What of `ranMs` was training. */
  succeeded(ranMs: number, trainedMs: number): void {
    this.#recentMs = [...this.#recentMs, Math.max(0, Math.round(ranMs - trainedMs))].slice(-RECENT);
  }

  /** Of the last jobs; null before there was one. */
  get range(): RangeMs | null {
    if (this.#recentMs.length === 0) return null;
    return { earliest: Math.min(...this.#recentMs), latest: Math.max(...this.#recentMs) };
  }

  /**
   * Of a job that is under way and has spent at most so much beside training: what it trained since its last checkpoint is in there, so the
   * high end is told whole.
   */
  left(mostSpentMs: number): RangeMs {
    const { earliest, latest } = this.range ?? { earliest: 0, latest: 0 };
    return { earliest: Math.max(0, earliest - mostSpentMs), latest };
  }
}
