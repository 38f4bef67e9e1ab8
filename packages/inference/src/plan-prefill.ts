/**
 * How many prompts are computed in one call, and how many of their columns. The rows of a call are as wide as the one that lacks most,
 * and attention holds a score for every new column and every column there is: both would otherwise grow with the longest prompt times
 * all others, and with the square of its length.
 */
import type { CachePiece } from './cache-arrays.js';
import type { DecodingRow } from './decoding-row.js';

/** A row with what is kept of its prompt, and the columns that are not. */
export interface PromptRow {
  readonly row: DecodingRow;
  readonly kept: CachePiece | null;
  readonly missing: number;
}

/** New columns of one call, padding among them; a single row may have more. */
export const MAX_PREFILL_COLUMNS = 8192;
/** Padding of a row that costs less than a call of its own. */
const LITTLE_PADDING = 64;
/** Scores of one head in one call. */
const MAX_PREFILL_SCORES = 2 ** 22;

/** Rows of one call each, those that lack most first; all in one, in their order, where they are few or short. */
export function planPrefill(rows: readonly PromptRow[]): PromptRow[][] {
  const widest = Math.max(...rows.map(({ missing }) => missing));
  if (widest * rows.length <= MAX_PREFILL_COLUMNS) return [[...rows]];
  const calls: PromptRow[][] = [];
  for (const row of [...rows].sort((a, b) => b.missing - a.missing)) {
    const call = calls.at(-1);
    const width = call?.[0]?.missing ?? 0;
    const isLike = 2 * row.missing >= width || width - row.missing <= LITTLE_PADDING;
    if (call && isLike && width * (call.length + 1) <= MAX_PREFILL_COLUMNS) call.push(row);
    else calls.push([row]);
  }
  return calls;
}

/** New columns of a call of so many rows, which have `columns` in the end. */
export function prefillColumns(rows: number, columns: number): number {
  return Math.max(1, Math.floor(MAX_PREFILL_SCORES / (rows * columns)));
}
