/**
 * Computes the keys and values of prompts before their rows are decoded: each prompt once for all its rows, from where an earlier one
 * that begins alike ended, in calls whose size does not grow with the longest of them. What a row has written already is computed like
 * the end of its prompt.
 */
import { pastName, presentName } from '@preheat/checkpoints';
import {
  type CacheArrays,
  cacheFeeds,
  cacheNames,
  type CachePiece,
  emptyCaches,
  gatherRows,
  readCaches,
} from './cache-arrays.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import type { DecodingRow } from './decoding-row.js';
import type { GraphRunner, WireTensor } from './graph-runner.js';
import { planPrefill, prefillColumns, type PromptRow } from './plan-prefill.js';
import type { PrefixCache } from './prefix-cache.js';
import { int64s } from './wire-tensors.js';

export class PromptPrefill {
  readonly #graphs: DecoderGraphs;
  readonly #runner: GraphRunner;
  readonly #prefixes: PrefixCache | null;

  /** @param prefixes Where prompts are kept, if they are. */
  constructor(graphs: DecoderGraphs, runner: GraphRunner, prefixes: PrefixCache | null) {
    this.#graphs = graphs;
    this.#runner = runner;
    this.#prefixes = prefixes;
  }

  /** Where the columns of each row are. Rows are of one adapter. */
  async compute(rows: readonly DecodingRow[]): Promise<Map<DecodingRow, CachePiece>> {
    const keys = new Map(rows.map((row) => [row, `${row.promptKey} ${row.answer.join()}`]));
    const distinct = new Map(rows.map((row) => [keys.get(row), row]));
    const pieces = new Map<DecodingRow, CachePiece>();
    for (const call of planPrefill(this.#withKept([...distinct.values()]))) {
      for (const [row, piece] of await this.#prefill(call)) pieces.set(row, piece);
    }
    const computed = rows.map((row) => [row, distinct.get(keys.get(row)) as DecodingRow] as const);
    for (const [row, { cachedColumns }] of computed) {
      if (row.answer.length === 0) row.cachedColumns = cachedColumns;
      row.inherited = null;
    }
    return new Map(computed.map(([row, like]) => [row, pieces.get(like) as CachePiece]));
  }

  /** Rows with what is kept of their prompts. */
  #withKept(rows: readonly DecodingRow[]): PromptRow[] {
    return rows.map((row) => {
      const kept = row.inherited ?? this.#prefixes?.longest(row, row.columnTokens) ?? null;
      const columns = kept?.columns ?? 0;
      // Of a row that was set back it is its own work, and of a fork that of its request.
      if (row.answer.length === 0 && row.inherited === null) row.cachedColumns = columns;
      return { row, kept, missing: row.columns - columns };
    });
  }

  /**
   * Caches of all tokens of these rows but the last of each, which is the first that decoding reads. All rows compute as
   * many columns as the one that lacks most; what lies before is read from where prompts are kept.
   */
  async #prefill(rows: readonly PromptRow[]): Promise<(readonly [DecodingRow, CachePiece])[]> {
    const { config } = this.#graphs;
    const count = Math.max(...rows.map(({ missing }) => missing));
    const isEmpty = rows.every(({ row }) => row.columns === 0);
    const past = isEmpty
      ? emptyCaches(config, rows.length)
      : gatherRows(
          config,
          rows.map(({ row, kept }) => beginning(kept, row.columns - count)),
        );
    const prompts = rows.map(({ row }) => row);
    const from = count === 0 ? past : await this.#computed(prompts, past, count);
    return prompts.map((row, index) => {
      const piece = { from, row: index, columns: row.columns, skipped: 0 };
      this.#prefixes?.keep(row, row.columnTokens, piece);
      return [row, piece] as const;
    });
  }

  /** The last `count` columns of the prompts, behind `past`: some at a time where there are many (`prefillColumns`). */
  async #computed(rows: readonly DecodingRow[], past: CacheArrays, count: number): Promise<CacheArrays> {
    const { config } = this.#graphs;
    const { adapter } = rows[0] as DecodingRow;
    const graph = await this.#graphs.ensure('prefill', adapter);
    const total = past.columns + count;
    const pads = int64s(rows.map(({ columns }) => total - columns));
    const ids = newestTokens(rows, count, BigInt(config.pad_token_id ?? config.eos_token_id));
    let caches = past;
    for (let start = 0; start < count; ) {
      const columns = Math.min(count - start, prefillColumns(rows.length, total));
      const pieces = ids.map((row) => row.subarray(start, start + columns));
      const data = new BigInt64Array(rows.length * columns);
      pieces.forEach((piece, index) => data.set(piece, index * columns));
      const input: WireTensor = { type: 'int64', data, dims: [rows.length, columns] };
      const feeds = { input_ids: input, pads, ...cacheFeeds(config, caches, pastName) };
      const consumed = caches.columns > 0 ? cacheNames(config, pastName) : [];
      const fetches = cacheNames(config, presentName);
      const { outputs } = await this.#runner.run(graph, feeds, fetches, { consumed, adapter });
      caches = readCaches(config, outputs, presentName);
      start += columns;
    }
    return caches;
  }
}

/** Of every row the last `count` tokens that have columns, behind padding where it has fewer. */
function newestTokens(rows: readonly DecodingRow[], count: number, padding: bigint): BigInt64Array[] {
  return rows.map((row) => {
    const tokens = row.columnTokens.subarray(-count);
    const ids = new BigInt64Array(count).fill(padding);
    ids.set(BigInt64Array.from(tokens, BigInt), count - tokens.length);
    return ids;
  });
}

/** The first `columns` columns of a row that is kept. */
function beginning(kept: CachePiece | null, columns: number): CachePiece[] {
  return kept && columns > 0 ? [{ ...kept, columns, skipped: kept.from.columns - columns }] : [];
}
