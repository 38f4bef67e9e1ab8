/**
 * The most memory that the process held in a phase: what preflight estimated can be compared with what was needed, also by who
 * resumes. Of the host; memory of a device is not counted.
 */
export interface MemoryReading {
  readonly residentBytes: number;
  /** Since the process started. */
  readonly highestBytes: number;
}

export type MemoryReader = () => MemoryReading;

export const processMemory: MemoryReader = () => ({
  residentBytes: process.memoryUsage.rss(),
  highestBytes: 1024 * process.resourceUsage().maxRSS,
});

export class PeakMemory {
  readonly #reader: MemoryReader;
  readonly #highestBefore: number;
  #peakBytes = 0;

  constructor(reader: MemoryReader) {
    this.#reader = reader;
    this.#highestBefore = reader().highestBytes;
  }

  /**
   * Bytes so far. Exact once the process holds more than ever before; below that, the highest of the moments at which it was
   * read.
   */
  read(): number {
    const { residentBytes, highestBytes } = this.#reader();
    const seen = highestBytes > this.#highestBefore ? highestBytes : residentBytes;
    this.#peakBytes = Math.max(this.#peakBytes, seen);
    return this.#peakBytes;
  }
}
