/** Lengths of the rows of a file, exactly and in little memory: a count for every length there is. */
import { MAX_REPORTED, type PreflightData, type PreflightDataSummary } from '@preheat/contracts';

const LONGEST_KEPT = 5;

export class TokenStatistics {
  readonly #maxTokens: number;
  readonly #rowsByLength = new Map<number, number>();
  #rows = 0;
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

  /** @param trainMask Empty for rows in which nothing is meant to be trained. */
  add(line: number, tokens: number, trainMask: Uint8Array): void {
    this.#rows++;
    this.#total += tokens;
    this.#rowsByLength.set(tokens, (this.#rowsByLength.get(tokens) ?? 0) + 1);
    if (tokens > this.#maxTokens) {
      this.#truncatedRows++;
      this.#truncatedTokens += tokens - this.#maxTokens;
      keep(this.#truncatedLines, line);
    }
    this.#longest = [...this.#longest, { line, tokens }]
      .sort((a, b) => b.tokens - a.tokens || a.line - b.line)
      .slice(0, LONGEST_KEPT);
    if (trainMask.length === 0) return;
    // Nothing predicts the first token.
    const trained = trainMask.subarray(1, this.#maxTokens).reduce((sum, each) => sum + each, 0);
    this.#trained += trained;
    if (trained > 0) return;
    this.#untrainedRows++;
    keep(this.#untrainedLines, line);
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

  /** Nearest rank: the smallest length that at least so many rows do not exceed. */
  #percentiles(): { p50: number; p95: number; max: number } {
    const lengths = [...this.#rowsByLength].sort(([a], [b]) => a - b);
    const at = (share: number): number => {
      let seen = 0;
      for (const [length, rows] of lengths) if ((seen += rows) >= share * this.#rows) return length;
      return 0;
    };
    return { p50: at(0.5), p95: at(0.95), max: lengths.at(-1)?.[0] ?? 0 };
  }
}

function keep(lines: number[], line: number): void {
  if (lines.length < MAX_REPORTED) lines.push(line);
}
