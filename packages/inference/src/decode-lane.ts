/**
 * A batch of one runner, of rows of one adapter: it admits waiting rows, decodes a segment of tokens in one call of the
 * runtime, hands out what was made, drops rows that are over, and again. Rows do not see each other, so when they come and go changes nothing
 * but speed and the last bits.
 */
import { pastName, presentName, rowCount } from '@preheat/checkpoints';
import { BatchMemory } from './batch-memory.js';
import { cacheBytes, cacheNames, columnBytes, readCaches } from './cache-arrays.js';
import type { CacheBudget } from './cache-budget.js';
import {
  batchColumns,
  batchFeeds,
  cacheLayout,
  comingLayout,
  computedRows,
  cutBack,
  type DecodeBatch,
  layOut,
  placedRows,
  setBackRows,
  turnedRows,
} from './decode-batch.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import type { DecodingRow } from './decoding-row.js';
import type { GraphRunner, RunResult, WireTensor } from './graph-runner.js';
import { emissionFetches, readEmission } from './read-emission.js';
import type { PrefixCache } from './prefix-cache.js';
import { PromptPrefill } from './prompt-prefill.js';
import { decodeForm, settingFeeds } from './row-settings.js';
import { SegmentCost } from './segment-cost.js';

/** Tokens whose columns grow apart from the rest, inside the graph. */
const CHUNK_TOKENS = 16;
/** A segment of rows that may be cancelled takes about this long at most: longer ones would decode for nobody. */
const CANCELLABLE_MS = 250;
/** Tokens after which another lane of the same runner has its turn. */
const TURN_TOKENS = 8;
/** Rows are admitted when this share of the places is free, or when all that wait find a place. */
const ADMITTING_SHARE = 0.25;

/** Where a lane finds rows to admit. */
export interface RowSource {
  readonly waiting: number;
  /** Rows that may join a batch of this adapter: those that wait before any row of another. */
  joining(adapter: string | null): number;
  /** At most `count` rows of one adapter, in the order they came, up to the first that does not fit. */
  take(count: number, fits: (row: DecodingRow) => boolean): DecodingRow[];
}

export interface LaneLimits {
  readonly maxRows: number;
  /** What the caches of its rows come out of. */
  readonly cacheBudget: CacheBudget;
  /** Whether another lane takes turns with this one on its runner at present. */
  readonly isShared: () => boolean;
}

export class DecodeLane {
  readonly #graphs: DecoderGraphs;
  readonly #runner: GraphRunner;
  readonly #maxRows: number;
  readonly #isShared: () => boolean;
  readonly #memory: BatchMemory;
  readonly #prefill: PromptPrefill;
  readonly #cost: SegmentCost;
  #batch: DecodeBatch | null = null;
  /** Rows whose prompts are being computed. */
  #entering: readonly DecodingRow[] = [];
  /** Rows that outgrew the memory or were forced to tokens, and forks, of the adapter of the batch: they are under way, and go on before any other is admitted. */
  readonly #setBack: DecodingRow[] = [];

  /** @param prefixes Where prompts are kept, if they are. */
  constructor(graphs: DecoderGraphs, runner: GraphRunner, limits: LaneLimits, prefixes: PrefixCache | null) {
    const { maxRows, cacheBudget, isShared } = limits;
    this.#isShared = isShared;
    this.#memory = new BatchMemory(graphs.config, cacheBudget);
    this.#graphs = graphs;
    this.#runner = runner;
    this.#maxRows = maxRows;
    this.#prefill = new PromptPrefill(graphs, runner, prefixes);
    this.#cost = new SegmentCost(graphs.config);
  }

  /** Tokens that its rows may still make. */
  get remaining(): number {
    const rows = [...(this.#batch?.rows ?? []), ...this.#entering, ...this.#setBack];
    return rows.reduce((sum, row) => sum + (row.isOver ? 0 : row.remaining), 0);
  }

  /** Decodes until nothing is left. */
  async run(source: RowSource): Promise<void> {
    while (this.#batch !== null || this.#setBack.length > 0 || source.waiting > 0) {
      if (this.#batch === null) {
        this.#cost.reset();
        await this.#admit(this.#take(source, this.#maxRows, []));
      }
      if (this.#batch !== null)
        await this.#guarded(this.#batch.rows, () => this.#segment(this.#batch, this.#joining(source) > 0));
      if (this.#batch !== null) await this.#settle(this.#batch, source);
    }
    this.#memory.free();
  }

  /** Rows, or the forks that they came to meanwhile, fail with whatever their call failed with; the lane lives on. */
  async #guarded(rows: readonly DecodingRow[], work: () => Promise<DecodeBatch | null> | DecodeBatch): Promise<void> {
    const live = rows.filter(({ isOver }) => !isOver);
    try {
      this.#batch = await work();
    } catch (error) {
      this.#batch = null;
      for (const row of live) row.giveUp(error);
    }
  }

  async #segment(batch: DecodeBatch | null, isWaiting: boolean): Promise<DecodeBatch | null> {
    const live = batch?.rows.filter(({ isOver }) => !isOver) ?? [];
    if (batch === null || live.length === 0) return null;
    const { config } = this.#graphs;
    const form = decodeForm(live);
    const tokens = this.#segmentTokens(cacheBytes(batch.own), live, isWaiting);
    const count = Math.min(tokens, this.#memory.spareTokens(batch));
    this.#memory.reserveSegment(batch, count);
    const kind = `${form}-${cacheLayout(config, batch, count)}-${rowCount(batch.rows.length)}` as const;
    const { adapter } = live[0] as DecodingRow;
    const graph = await this.#graphs.ensure(kind, adapter);
    const isLast = live.every(({ remaining, mayTurn }) => remaining <= count && !mayTurn);
    const settings = settingFeeds(batch.rows, form, count, config.vocab_size);
    const chunk: WireTensor = { type: 'int64', data: BigInt64Array.of(BigInt(CHUNK_TOKENS)), dims: [] };
    const feeds = { ...settings, ...batchFeeds(config, batch), chunk_tokens: chunk };
    const fetches = [...emissionFetches(form), ...(isLast ? [] : cacheNames(config, presentName))];
    const result = await this.#runner.run(graph, feeds, fetches, { consumed: cacheNames(config, pastName), adapter });
    this.#handOut(batch, live, result);
    return isLast ? null : this.#turned({ ...batch, own: readCaches(config, result.outputs, presentName) }, live);
  }

  /** A batch after a call in which rows may have come to the end of a segment: they lose what was drawn behind it, and forks and what is forced wait to join. */
  #turned(batch: DecodeBatch, live: readonly DecodingRow[]): DecodeBatch | null {
    const { config } = this.#graphs;
    const turned = turnedRows(batch, new Set(live));
    this.#memory.keepFor(this.#setBack, turned);
    const setBack = setBackRows(config, turned);
    this.#setBack.push(...setBack);
    return cutBack(config, batch, new Set(setBack));
  }

  #handOut({ rows }: DecodeBatch, live: readonly DecodingRow[], result: RunResult): void {
    const [steps = 0] = (result.outputs['tokens'] as WireTensor).dims;
    rows.forEach((row, place) => {
      if (row.isOver) return;
      try {
        row.take(readEmission(result, place, rows.length, row.options.topLogProbs));
      } catch (error) {
        // What one row cannot take is no failure of those beside it.
        row.fail(error);
      }
    });
    // Rows that turned lose what was drawn behind that, as those that stopped do.
    const stops = live.filter(({ isOver, remaining, surplus }) => (isOver ? remaining > 0 : surplus > 0)).length;
    this.#cost.record(live.length * steps, stops);
  }

  /** @param bytes Of the caches of the batch. */
  #segmentTokens(bytes: number, live: readonly DecodingRow[], isWaiting: boolean): number {
    // What may come next is known when the token before is.
    if (live.some(({ place }) => place !== null)) return 1;
    const lengths = live.map(({ untilTurn }) => untilTurn);
    const canStop = live.some((row) => row.canStop);
    const tokens = this.#cost.segmentTokens(lengths, bytes, canStop, isWaiting);
    const listening = Math.min(...live.map(({ chunkTokens }) => chunkTokens));
    const isCancellable = live.some(({ options }) => options.signal !== undefined);
    const timely = isCancellable ? Math.ceil(CANCELLABLE_MS / (this.#cost.rowStepMs * live.length)) : tokens;
    const turn = this.#isShared() ? TURN_TOKENS : tokens;
    return Math.min(tokens, listening, timely, turn);
  }

  /** Lets waiting rows in and leaves out those that are over, where that pays for the copy of the caches, and those that outgrew the memory. */
  async #settle(batch: DecodeBatch, source: RowSource): Promise<void> {
    const live = batch.rows.filter(({ isOver }) => !isOver);
    const free = this.#maxRows - live.length;
    const joining = this.#joining(source);
    if (joining > 0 && (free >= ADMITTING_SHARE * this.#maxRows || joining <= free)) {
      const taken = this.#take(source, free, live);
      if (taken.length > 0) {
        await this.#admit(taken);
        return;
      }
    }
    const steps = live.reduce((sum, { remaining }) => sum + remaining, 0) / Math.max(1, live.length);
    const saved = (batch.rows.length - live.length) * this.#cost.rowStepMs * steps;
    if (live.length === 0) this.#batch = null;
    else if (this.#memory.isShort(batch)) await this.#keep(batch, this.#memory.staying(live));
    else if (saved > this.#cost.copyMs(cacheBytes(batch.own))) await this.#keep(batch, live);
  }

  /** Lays out these rows of the batch; its others are set back, where they are not over. */
  async #keep(batch: DecodeBatch, rows: readonly DecodingRow[]): Promise<void> {
    if (rows.length === batch.rows.length) return;
    const kept = new Set(rows);
    this.#setBack.push(...batch.rows.filter((row) => !row.isOver && !kept.has(row)));
    await this.#guarded(rows, () =>
      layOut(
        this.#graphs.config,
        placedRows(batch).filter(({ row }) => kept.has(row)),
      ),
    );
  }

  /** Rows to decode beside `live`, as far as there is memory. */
  #take(source: RowSource, count: number, live: readonly DecodingRow[]): DecodingRow[] {
    const fits = this.#memory.fitting(live);
    if (this.#setBack.length === 0) return source.take(count, fits);
    const end = this.#setBack.findIndex((row, at) => at === count || !(row.isOver || fits(row)));
    return this.#setBack.splice(0, end < 0 ? this.#setBack.length : end);
  }

  #joining(source: RowSource): number {
    if (this.#setBack.length > 0) return this.#setBack.length;
    const [first] = this.#batch?.rows ?? [];
    return first ? source.joining(first.adapter) : 0;
  }

  /** Has the graph made that these rows will go on with, while their prompts are computed. Another will do as well, later. */
  #makeReady(rows: readonly DecodingRow[]): void {
    const { config } = this.#graphs;
    const count = this.#segmentTokens(columnBytes(config) * batchColumns(rows, 0), rows, false);
    const kind = `${decodeForm(rows)}-${comingLayout(config, rows, count)}-${rowCount(rows.length)}` as const;
    // Whoever uses it tries again.
    this.#graphs.ensure(kind, (rows[0] as DecodingRow).adapter).catch(() => undefined);
  }

  /** Puts rows into the batch, their columns first computed. */
  async #admit(rows: readonly DecodingRow[]): Promise<void> {
    const fresh = rows.filter(({ isOver }) => !isOver);
    if (fresh.length === 0) return;
    const before = this.#batch;
    this.#entering = fresh;
    this.#memory.keepFor(this.#setBack);
    this.#memory.reserve([...(before?.rows.filter(({ isOver }) => !isOver) ?? []), ...fresh]);
    await this.#guarded([...(before?.rows ?? []), ...fresh], async () => {
      if (before === null) this.#makeReady(fresh);
      const computed = computedRows(await this.#prefill.compute(fresh));
      return layOut(this.#graphs.config, [...(before ? placedRows(before) : []), ...computed]);
    });
    this.#entering = [];
  }
}
