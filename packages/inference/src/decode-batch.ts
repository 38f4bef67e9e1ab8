/**
 * The rows that are decoded together, and how their caches lie: every row with all its columns to itself, or the prompts
 * apart, once for all rows of a prompt. Rows can be laid out anew at any time; a row of n answered tokens has its
 * prompt's columns and n of its own, wherever they lie.
 */
import type { DecoderConfig } from '@preheat/contracts';
import { type CacheLayout, pastName, promptName } from '@preheat/checkpoints';
import { type CacheArrays, cacheFeeds, type CachePiece, gatherRows } from './cache-arrays.js';
import { DecodingRow } from './decoding-row.js';
import type { WireTensors } from './graph-runner.js';
import { int64s } from './wire-tensors.js';

/**
 * Prompts are kept apart from this many columns on. Below, what one product for all rows of a prompt saves is less than
 * laying the rows of a prompt together and apart again costs in every layer.
 */
export const MIN_SHARED_COLUMNS = 32;
/** Elements of a head's keys up to which copying them a token costs less than two more products. */
const MAX_COPIED = 800;
/** Least share of places that hold a row: prompts with fewer rows than others leave places empty. */
const MIN_FILLED = 0.75;

export interface DecodeBatch {
  /** A place for every row of the caches; rows that are over keep theirs until the batch is laid out anew. */
  readonly rows: readonly DecodingRow[];
  readonly own: CacheArrays;
  /** Where prompts are apart: row `copy * prompts.rows + p` reads row p. */
  readonly prompts: CacheArrays | null;
}

/** A row and where its columns are now. */
export interface PlacedRow {
  readonly row: DecodingRow;
  readonly prompt: CachePiece;
  readonly answer: CachePiece;
}

/** Where the columns of a batch's rows are, of those that are not over. */
export function placedRows(batch: DecodeBatch): PlacedRow[] {
  return batch.rows.flatMap((row, place) => (row.isOver ? [] : [placedRow(batch, row, place)]));
}

function placedRow({ own, prompts }: DecodeBatch, row: DecodingRow, place: number): PlacedRow {
  const columns = row.promptColumns;
  const [answered, skipped] = [row.answer.length - row.lacking, row.surplus];
  const answer = { from: own, row: place, columns: answered, skipped };
  const prompt = prompts
    ? { from: prompts, row: place % prompts.rows, columns, skipped: 0 }
    : { from: own, row: place, columns, skipped: skipped + answered };
  return { row, prompt, answer };
}

/** Those that were `live` and in whose place goes on what has columns yet to be computed, where the columns are that they have. */
export function turnedRows(batch: DecodeBatch, live: ReadonlySet<DecodingRow>): PlacedRow[] {
  return batch.rows.flatMap((row, place) =>
    live.has(row) && goingOn(row).length > 0 ? [placedRow(batch, row, place)] : [],
  );
}

/** Forks of a row, or itself where it was forced to tokens. */
const goingOn = (row: DecodingRow): readonly DecodingRow[] => (!row.isOver && row.lacking > 0 ? [row] : row.forks);

/** What goes on in place of rows that turned, each with a copy of the columns that there are. */
export function setBackRows(config: DecoderConfig, turned: readonly PlacedRow[]): DecodingRow[] {
  return turned.flatMap(({ row, prompt, answer }) => {
    const from = gatherRows(config, [[prompt, answer]]);
    const inherited = { from, row: 0, columns: from.columns, skipped: 0 };
    const next = goingOn(row);
    for (const each of next) each.inherited = inherited;
    [row.surplus, row.lacking] = [0, 0];
    return next;
  });
}

/**
 * A batch without those that leave it, whose rows have all they took and nothing more: as it is, where they took all that the last call
 * made; null where none stays.
 */
export function cutBack(
  config: DecoderConfig,
  batch: DecodeBatch,
  leaving: ReadonlySet<DecodingRow>,
): DecodeBatch | null {
  if (batch.rows.every((row) => row.isOver || (row.surplus === 0 && !leaving.has(row)))) return batch;
  const placed = placedRows(batch).filter(({ row }) => !leaving.has(row));
  for (const { row } of placed) row.surplus = 0;
  return placed.length === 0 ? null : layOut(config, placed);
}

/** Rows as they come from prefill: with the columns of their prompts, and of what they had written when they were set back. */
export function computedRows(pieces: ReadonlyMap<DecodingRow, CachePiece>): PlacedRow[] {
  return [...pieces].map(([row, piece]) => {
    const answered = row.answer.length;
    return {
      row,
      prompt: { ...piece, columns: row.promptColumns, skipped: answered },
      answer: { ...piece, columns: answered },
    };
  });
}

/** Rows of the prompt that most of these share, where prompts are kept apart; 0 where every row has its own. */
function copiesApart(rows: readonly DecodingRow[]): number {
  const sharing = new Map<string, number>();
  for (const { promptKey } of rows) sharing.set(promptKey, 1 + (sharing.get(promptKey) ?? 0));
  const copies = Math.max(...sharing.values());
  const isLong = rows.some(({ promptColumns }) => promptColumns >= MIN_SHARED_COLUMNS);
  const isFilled = rows.length >= MIN_FILLED * copies * sharing.size;
  return copies > 1 && isLong && isFilled ? copies : 0;
}

/** Columns of a batch of these rows, each of them as long as the longest and `ahead` tokens longer, if one may still make so many. */
export function batchColumns(rows: readonly DecodingRow[], ahead: number): number {
  const most = (of: (row: DecodingRow) => number): number => Math.max(0, ...rows.map(of));
  const grown = Math.min(
    ahead,
    most(({ remaining }) => remaining),
  );
  const copies = copiesApart(rows);
  if (copies === 0) return rows.length * (most(({ columns }) => columns) + grown);
  const prompts = new Set(rows.map(({ promptKey }) => promptKey)).size;
  return (
    prompts * (most(({ promptColumns }) => promptColumns) + copies * (most(({ answer }) => answer.length) + grown))
  );
}

/** Columns of a batch as it lies. */
export function laidColumns({ own, prompts }: DecodeBatch): number {
  return own.rows * own.columns + (prompts ? prompts.rows * prompts.columns : 0);
}

/** A batch of these rows, in whichever of the two layouts suits them. */
export function layOut(config: DecoderConfig, placed: readonly PlacedRow[]): DecodeBatch {
  const groups = new Map<string, PlacedRow[]>();
  for (const each of placed) {
    const { promptKey } = each.row;
    groups.set(promptKey, [...(groups.get(promptKey) ?? []), each]);
  }
  const rows = placed.map(({ row }) => row);
  const copies = copiesApart(rows);
  if (copies > 0) return sharedBatch(config, [...groups.values()], copies);
  const [first] = placed;
  // Caches straight from prefill, row by row, are the batch's already.
  const isThere = placed.every(
    ({ row, prompt }, at) => prompt.from === first?.prompt.from && prompt.row === at && row.answer.length === 0,
  );
  if (isThere && first && first.prompt.from.rows === placed.length)
    return { rows, own: first.prompt.from, prompts: null };
  const own = gatherRows(
    config,
    placed.map(({ prompt, answer }) => [prompt, answer]),
  );
  return { rows, own, prompts: null };
}

function sharedBatch(config: DecoderConfig, groups: readonly (readonly PlacedRow[])[], copies: number): DecodeBatch {
  const places = Array.from({ length: copies }, (_, copy) => groups.map((group) => group[copy] ?? null)).flat();
  const idle = groups.map(([first]) => DecodingRow.over(config, (first as PlacedRow).row));
  return {
    rows: places.map((placed, place) => placed?.row ?? (idle[place % groups.length] as DecodingRow)),
    own: gatherRows(
      config,
      places.map((placed) => (placed ? [placed.answer] : [])),
    ),
    prompts: gatherRows(
      config,
      groups.map(([first]) => [(first as PlacedRow).prompt]),
    ),
  };
}

/** How a call of `count` tokens goes on from this batch. */
export function cacheLayout(config: DecoderConfig, { own, prompts }: DecodeBatch, count: number): CacheLayout {
  return prompts ? 'shared' : unsharedLayout(config, own.columns, count);
}

/** The same of a batch of these rows that is still to be laid out. */
export function comingLayout(config: DecoderConfig, rows: readonly DecodingRow[], count: number): CacheLayout {
  return copiesApart(rows) > 0 ? 'shared' : unsharedLayout(config, Math.max(...rows.map((row) => row.columns)), count);
}

function unsharedLayout({ head_dim: headDim }: DecoderConfig, columns: number, count: number): CacheLayout {
  return (columns + count / 2) * headDim > MAX_COPIED ? 'split' : 'joined';
}

/** The inputs of a decoding graph that say where rows stand; `own` may have padding at the left of every row. */
export function batchFeeds(config: DecoderConfig, { rows, own, prompts }: DecodeBatch): WireTensors {
  const lastPosition = config.max_position_embeddings - 1;
  const columnsOf = (row: DecodingRow): number => row.answer.length + (prompts ? 0 : row.promptColumns);
  // A row that is over may claim more columns or positions than there are: what it gets is never read.
  const pads = rows.map((row) => Math.max(0, own.columns - columnsOf(row)));
  return {
    ...cacheFeeds(config, own, pastName),
    ...(prompts && {
      ...cacheFeeds(config, prompts, promptName),
      prompt_pads: int64s(rows.slice(0, prompts.rows).map((row) => prompts.columns - row.promptColumns)),
    }),
    last_tokens: int64s(
      rows.map(({ prompt, answer }) => answer.at(-1) ?? (prompt.at(-1) as number)),
      1,
    ),
    positions: int64s(
      rows.map((row) => Math.min(row.promptColumns + row.answer.length, lastPosition)),
      1,
    ),
    pads: int64s(pads),
    starts: int64s(rows.map((row) => (prompts ? row.promptColumns : 0))),
  };
}
