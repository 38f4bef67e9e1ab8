/** Lengths of the rows of a file, exactly and in little memory: a count for every length there is. */
import { MAX_REPORTED, type PreflightData, type PreflightDataSummary } from '@preheat/contracts';
import type { SequenceTokens } from './row-checks.js';

const LONGEST_KEPT = 5;

export class TokenStatistics {
  readonly #maxTokens: number;
  readonly #countByLength = new Map<number, number>();
  #rows = 0;
  #sequences = 0;
  #total = 0;
  #trained = 0;
  #truncatedRows = 0;
  #truncatedTokens = 0;
  #untrainedRows = 0;
  readonly #truncatedLines: number[] = [];
  readonly #untrainedLines: number[] = [];
  #longest: { line: number; tokens: number }[] = [];

  /** @param maxTokens Where rows are cut. */
  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  /** @param sequences Of the row; percentiles are those of sequences. */
  add(line: number, sequences: readonly SequenceTokens[]): void {
    this.#rows++;
    const lengths = sequences.map(({ tokens }) => tokens.length);
    for (const length of lengths) this.#addLength(line, length);
    const cut = lengths.reduce((sum, length) => sum + Math.max(0, length - this.#maxTokens), 0);
    if (cut > 0) {
      this.#truncatedRows++;
      this.#truncatedTokens += cut;
      keep(this.#truncatedLines, line);
    }
    const masks = sequences.map(({ trainMask }) => trainMask);
    if (masks.every((mask) => mask.length === 0)) return;
    // Nothing predicts the first token.
    const trained = masks.map((mask) => mask.subarray(1, this.#maxTokens).reduce((sum, each) => sum + each, 0));
    this.#trained += trained.reduce((sum, each) => sum + each, 0);
    if (trained.some((each) => each > 0)) return;
    this.#untrainedRows++;
    keep(this.#untrainedLines, line);
  }

  #addLength(line: number, tokens: number): void {
    this.#sequences++;
    this.#total += tokens;
    this.#countByLength.set(tokens, (this.#countByLength.get(tokens) ?? 0) + 1);
    this.#longest = [...this.#longest, { line, tokens }]
      .sort((a, b) => b.tokens - a.tokens || a.line - b.line)
      .slice(0, LONGEST_KEPT);
  }

  /** Of so many rows, of which those that were added are the first: sums are scaled up. */
  read(
    rows: number,
  ): Omit<PreflightDataSummary, 'duplicate_rows' | 'rows_in_training'> &
    Pick<PreflightData, 'longest_rows' | 'truncated_lines' | 'untrained_lines'> {
    const scaled = (count: number): number => (this.#rows === 0 ? 0 : Math.round((count * rows) / this.#rows));
    return {
      rows,
      tokenised_rows: this.#rows,
      tokens: {
        total: scaled(this.#total),
        mean: this.#rows === 0 ? 0 : this.#total / this.#rows,
        ...this.#percentiles(),
        trained: scaled(this.#trained),
      },
      max_sequence_length: this.#maxTokens,
      truncated_rows: scaled(this.#truncatedRows),
      truncated_tokens: scaled(this.#truncatedTokens),
      untrained_rows: scaled(this.#untrainedRows),
      longest_rows: this.#longest,
      truncated_lines: this.#truncatedLines,
      untrained_lines: this.#untrainedLines,
    };
  }

  /** Nearest rank: the smallest length that at least so many sequences do not exceed. */
  #percentiles(): { p50: number; p95: number; max: number } {
    const lengths = [...this.#countByLength].sort(([a], [b]) => a - b);
    const at = (share: number): number => {
      let seen = 0;
      for (const [length, count] of lengths) if ((seen += count) >= share * this.#sequences) return length;
      return 0;
    };
    return { p50: at(0.5), p95: at(0.95), max: lengths.at(-1)?.[0] ?? 0 };
  }
}

function keep(lines: number[], line: number): void {
  if (lines.length < MAX_REPORTED) lines.push(line);
}
