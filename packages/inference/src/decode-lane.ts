/**
 * The batch of one runner, of rows of one adapter: it admits waiting rows, decodes a segment of tokens in one call of the
 * runtime, hands out what was made, drops rows that are over, and again. Rows do not see each other, so when they come and go changes nothing
 * but speed and the last bits.
 */
import { pastName, presentName, rowCount } from '@preheat/checkpoints';
import {
  cacheBytes,
  cacheFeeds,
  cacheNames,
  type CacheArrays,
  type CachePiece,
  emptyCaches,
  gatherRows,
  readCaches,
} from './cache-arrays.js';
import { batchFeeds, cacheLayout, type DecodeBatch, freshRows, layOut, placedRows, promptKey } from './decode-batch.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import type { DecodingRow } from './decoding-row.js';
import type { GraphRunner, RunResult, WireTensor } from './graph-runner.js';
import { emissionFetches, readEmission } from './read-emission.js';
import type { PrefixCache } from './prefix-cache.js';
import { decodeForm, settingFeeds } from './row-settings.js';
import { SegmentCost } from './segment-cost.js';
import { int64s } from './wire-tensors.js';

/** Tokens whose columns grow apart from the rest, inside the graph. */
const CHUNK_TOKENS = 16;
/** A segment of rows that may be cancelled takes about this long at most: longer ones would decode for nobody. */
const CANCELLABLE_MS = 250;
/** Rows are admitted when this share of the places is free, or when all that wait find a place. */
const ADMITTING_SHARE = 0.25;

/** Where a lane finds rows to admit. */
export interface RowSource {
  readonly waiting: number;
  /** Rows that may join a batch of this adapter: those that wait before any row of another. */
  joining(adapter: string | null): number;
  /** At most `count` rows of one adapter, in the order they came. */
  take(count: number): DecodingRow[];
}

export class DecodeLane {
  readonly #graphs: DecoderGraphs;
  readonly #runner: GraphRunner;
  readonly #maxRows: number;
  readonly #prefixes: PrefixCache | null;
  readonly #cost: SegmentCost;
  #batch: DecodeBatch | null = null;
  /** Rows whose prompts are being computed. */
  #entering: readonly DecodingRow[] = [];

  /** @param prefixes Where prompts are kept, if they are. */
  constructor(graphs: DecoderGraphs, runner: GraphRunner, maxRows: number, prefixes: PrefixCache | null) {
    this.#graphs = graphs;
    this.#runner = runner;
    this.#maxRows = maxRows;
    this.#prefixes = prefixes;
    this.#cost = new SegmentCost(graphs.config);
  }

  /** Tokens that its rows may still make. */
  get remaining(): number {
    const rows = [...(this.#batch?.rows ?? []), ...this.#entering];
    return rows.reduce((sum, row) => sum + (row.isOver ? 0 : row.remaining), 0);
  }

  /** Decodes until nothing is left. */
  async run(source: RowSource): Promise<void> {
    while (this.#batch !== null || source.waiting > 0) {
      if (this.#batch === null) {
        this.#cost.reset();
        await this.#admit(source.take(this.#maxRows));
      }
      if (this.#batch !== null)
        await this.#guarded(this.#batch.rows, () => this.#segment(this.#batch, this.#joining(source) > 0));
      if (this.#batch !== null) await this.#settle(this.#batch, source);
    }
  }

  /** Rows fail with whatever their call failed with; the lane lives on. */
  async #guarded(rows: readonly DecodingRow[], work: () => Promise<DecodeBatch | null>): Promise<void> {
    try {
      this.#batch = await work();
    } catch (error) {
      this.#batch = null;
      for (const row of rows) if (!row.isOver) row.fail(error);
    }
  }

  async #segment(batch: DecodeBatch | null, isWaiting: boolean): Promise<DecodeBatch | null> {
    const live = batch?.rows.filter(({ isOver }) => !isOver) ?? [];
    if (batch === null || live.length === 0) return null;
    const { config } = this.#graphs;
    const form = decodeForm(live);
    const count = this.#segmentTokens(batch, live, isWaiting);
    const kind = `${form}-${cacheLayout(config, batch, count)}-${rowCount(batch.rows.length)}` as const;
    const { adapter } = live[0] as DecodingRow;
    const graph = await this.#graphs.ensure(kind, adapter);
    const isLast = live.every(({ remaining }) => remaining <= count);
    const settings = settingFeeds(batch.rows, form, count, config.vocab_size);
    const chunk: WireTensor = { type: 'int64', data: BigInt64Array.of(BigInt(CHUNK_TOKENS)), dims: [] };
    const feeds = { ...settings, ...batchFeeds(config, batch), chunk_tokens: chunk };
    const fetches = [...emissionFetches(form), ...(isLast ? [] : cacheNames(config, presentName))];
    const result = await this.#runner.run(graph, feeds, fetches, { consumed: cacheNames(config, pastName), adapter });
    this.#handOut(batch, live, result);
    return isLast ? null : { ...batch, own: readCaches(config, result.outputs, presentName) };
  }

  #handOut({ rows }: DecodeBatch, live: readonly DecodingRow[], result: RunResult): void {
    const [steps = 0] = (result.outputs['tokens'] as WireTensor).dims;
    rows.forEach((row, place) => {
      if (!row.isOver) row.take(readEmission(result, place, rows.length, row.options.topLogProbs));
    });
    const stops = live.filter(({ isOver, remaining }) => isOver && remaining > 0).length;
    this.#cost.record(live.length * steps, stops);
  }

  #segmentTokens({ own }: DecodeBatch, live: readonly DecodingRow[], isWaiting: boolean): number {
    // What may come next is known when the token before is.
    if (live.some(({ place }) => place !== null)) return 1;
    const lengths = live.map(({ remaining }) => remaining);
    const canStop = live.some(({ mayEndEarly }) => mayEndEarly);
    const tokens = this.#cost.segmentTokens(lengths, cacheBytes(own), canStop, isWaiting);
    const listening = Math.min(...live.map(({ chunkTokens }) => chunkTokens));
    const isCancellable = live.some(({ options }) => options.signal !== undefined);
    const timely = isCancellable ? Math.ceil(CANCELLABLE_MS / (this.#cost.rowStepMs * live.length)) : tokens;
    return Math.min(tokens, listening, timely);
  }

  /** Lets waiting rows in and leaves out those that are over, where that pays for the copy of the caches. */
  async #settle(batch: DecodeBatch, source: RowSource): Promise<void> {
    const live = batch.rows.filter(({ isOver }) => !isOver);
    const free = this.#maxRows - live.length;
    const joining = this.#joining(source);
    if (joining > 0 && (free >= ADMITTING_SHARE * this.#maxRows || joining <= free)) {
      await this.#admit(source.take(free));
      return;
    }
    const steps = live.reduce((sum, { remaining }) => sum + remaining, 0) / Math.max(1, live.length);
    const saved = (batch.rows.length - live.length) * this.#cost.rowStepMs * steps;
    if (live.length === 0) this.#batch = null;
    else if (saved > this.#cost.copyMs(cacheBytes(batch.own)))
      this.#batch = layOut(this.#graphs.config, placedRows(batch));
  }

  #joining(source: RowSource): number {
    const [first] = this.#batch?.rows ?? [];
    return first ? source.joining(first.adapter) : 0;
  }

  /** Puts rows into the batch, their prompts' caches first made. */
  async #admit(rows: readonly DecodingRow[]): Promise<void> {
    const fresh = rows.filter(({ isOver }) => !isOver);
    if (fresh.length === 0) return;
    const before = this.#batch;
    this.#entering = fresh;
    await this.#guarded([...(before?.rows ?? []), ...fresh], async () => {
      const distinct = new Map(fresh.map((row) => [promptKey(row), row]));
      const caches = await this.#prefill([...distinct.values()]);
      for (const row of fresh) row.cachedColumns = distinct.get(promptKey(row))?.cachedColumns ?? 0;
      const { config } = this.#graphs;
      return layOut(config, [...(before ? placedRows(before) : []), ...freshRows(config, fresh, caches, distinct)]);
    });
    this.#entering = [];
  }

  /**
   * Caches of all tokens of these rows' prompts but the last of each, which is the first that decoding reads. All rows compute as
   * many columns as the one that lacks most; what lies before is read from where prompts are kept.
   */
  async #prefill(rows: readonly DecodingRow[]): Promise<CacheArrays> {
    const { config } = this.#graphs;
    const kept = rows.map((row) => this.#prefixes?.longest(row, columnTokens(row)) ?? null);
    rows.forEach((row, index) => {
      row.cachedColumns = kept[index]?.columns ?? 0;
    });
    const count = Math.max(...rows.map(({ promptColumns, cachedColumns }) => promptColumns - cachedColumns));
    if (rows.every(({ promptColumns }) => promptColumns === 0)) return emptyCaches(config, rows.length);
    const pieces = rows.map(({ promptColumns }, index) => beginning(kept[index] ?? null, promptColumns - count));
    const past = gatherRows(config, pieces);
    const caches = count === 0 ? past : await this.#computed(rows, past, count);
    rows.forEach((row, index) => {
      const piece = { from: caches, row: index, columns: row.promptColumns, skipped: 0 };
      this.#prefixes?.keep(row, columnTokens(row), piece);
    });
    return caches;
  }

  /** The last `count` columns of the prompts, behind `past`. */
  async #computed(rows: readonly DecodingRow[], past: CacheArrays, count: number): Promise<CacheArrays> {
    const { config } = this.#graphs;
    const ids = new BigInt64Array(rows.length * count).fill(BigInt(config.pad_token_id ?? config.eos_token_id));
    rows.forEach((row, index) => {
      const tokens = columnTokens(row).subarray(-count);
      ids.set(BigInt64Array.from(tokens, BigInt), (index + 1) * count - tokens.length);
    });
    const { adapter } = rows[0] as DecodingRow;
    const graph = await this.#graphs.ensure('prefill', adapter);
    const feeds = {
      input_ids: { type: 'int64', data: ids, dims: [rows.length, count] } as const,
      pads: int64s(rows.map(({ promptColumns }) => past.columns + count - promptColumns)),
      ...cacheFeeds(config, past, pastName),
    };
    const consumed = past.columns > 0 ? cacheNames(config, pastName) : [];
    const { outputs } = await this.#runner.run(graph, feeds, cacheNames(config, presentName), { consumed, adapter });
    return readCaches(config, outputs, presentName);
  }
}

/** A token for every column of the prompt. */
const columnTokens = ({ prompt, promptColumns }: DecodingRow): Int32Array => prompt.subarray(0, promptColumns);

/** The first `columns` columns of a row that is kept. */
function beginning(kept: CachePiece | null, columns: number): CachePiece[] {
  return kept && columns > 0 ? [{ ...kept, columns, skipped: kept.from.columns - columns }] : [];
}
