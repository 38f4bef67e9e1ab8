/**
 * Which rows of a lane there is memory for, by the columns that they have and a few more, not by those that they may come to have:
 * limits are mostly far above what is written. When rows outgrow what there is, those that have written least are set back.
 */
import { columnBytes } from './cache-arrays.js';
import type { CacheBudget } from './cache-budget.js';
import { batchColumns, type DecodeBatch, laidColumns, type PlacedRow } from './decode-batch.js';
import type { DecoderConfig } from '@preheat/contracts';
import type { DecodingRow } from './decoding-row.js';

/** Rows are admitted when there is memory for so many more tokens of each. */
const LOOK_AHEAD_TOKENS = 64;
/** Rows are set back when there is none for so many: fewer, so that what was just admitted goes on for a while. */
const MIN_GROWTH_TOKENS = 16;

export class BatchMemory {
  readonly #budget: CacheBudget;
  readonly #columnBytes: number;
  /** Of the batch. */
  #columns = 0;
  /** Kept for rows that wait. */
  #waitingColumns = 0;

  constructor(config: DecoderConfig, budget: CacheBudget) {
    this.#budget = budget;
    this.#columnBytes = columnBytes(config);
  }

  /** Reserves what these rows take in one batch, before they are laid out. */
  reserve(rows: readonly DecodingRow[]): void {
    this.#hold(batchColumns(rows, LOOK_AHEAD_TOKENS));
  }

  /** Reserves what a batch takes when it has grown by a segment of `tokens`. */
  reserveSegment(batch: DecodeBatch, tokens: number): void {
    this.#hold(laidColumns(batch) + batch.rows.length * Math.max(tokens, growth(batch.rows, LOOK_AHEAD_TOKENS)));
  }

  /** Reserves what rows that wait have inherited, once for all forks of a row, and copies of the columns of rows that turned, before they are made. */
  keepFor(waiting: readonly DecodingRow[], turned: readonly PlacedRow[] = []): void {
    const pieces = new Set(waiting.flatMap(({ inherited }) => inherited ?? []));
    const copied = turned.flatMap(({ prompt, answer }) => [prompt, answer]);
    this.#waitingColumns = [...pieces, ...copied].reduce((sum, { columns }) => sum + columns, 0);
    this.#hold(this.#columns);
  }

  free(): void {
    this.#waitingColumns = 0;
    this.#hold(0);
  }

  /** Tokens by which every row of a batch may grow; one at least. A row that is alone goes on in any case, and as if there were room. */
  spareTokens(batch: DecodeBatch): number {
    if (batch.rows.filter(({ isOver }) => !isOver).length <= 1) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.floor((this.#room - laidColumns(batch)) / batch.rows.length));
  }

  isShort(batch: DecodeBatch): boolean {
    return this.spareTokens(batch) < growth(batch.rows, MIN_GROWTH_TOKENS);
  }

  /** Says of one row after the other whether there is memory for it beside those before. One alone goes in any case. */
  fitting(rows: readonly DecodingRow[]): (row: DecodingRow) => boolean {
    const room = this.#room;
    const taken = [...rows];
    return (row) => {
      const fits = taken.length === 0 || batchColumns([...taken, row], LOOK_AHEAD_TOKENS) <= room;
      if (fits) taken.push(row);
      return fits;
    };
  }

  /** Those of a batch that there is memory for, those that have written most before others: they are the next to end. */
  staying(rows: readonly DecodingRow[]): DecodingRow[] {
    const sorted = [...rows].sort((a, b) => b.answer.length - a.answer.length);
    const fits = this.fitting([]);
    const end = sorted.findIndex((row) => !fits(row));
    return end < 0 ? sorted : sorted.slice(0, end);
  }

  get #room(): number {
    return this.#budget.roomOf(this) / this.#columnBytes - this.#waitingColumns;
  }

  #hold(columns: number): void {
    this.#columns = columns;
    this.#budget.hold(this, (columns + this.#waitingColumns) * this.#columnBytes);
  }
}

/** At most `tokens`, where a row may still make so many. */
const growth = (rows: readonly DecodingRow[], tokens: number): number =>
  Math.min(tokens, Math.max(0, ...rows.map(({ isOver, remaining }) => (isOver ? 0 : remaining))));
