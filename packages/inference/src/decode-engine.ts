/**
 * The queues of rows before the lanes of a decoder. Rows may be given at any time, by a rollout or by requests that know
 * nothing of each other, and are decoded together as far as places go. Which lane a row waits for is settled when it is
 * given, never by which lane is free first: the same rows given to an idle decoder are batched the same, to the bit. New
 * weights wait until no row is under way, so that every row is of one version; rows given in between wait for them.
 */
import type { TensorMap } from '@preheat/checkpoints';
import { CacheBudget } from './cache-budget.js';
import { DecodeLane, type RowSource } from './decode-lane.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import type { DecodingRow } from './decoding-row.js';
import { PrefixCache } from './prefix-cache.js';

/** Rows of a lane. Larger batches stop gaining speed: their caches outgrow the processor's. */
export const MAX_ROWS_PER_LANE = 64;

/** Every runner has two lanes: rows whose next token depends on the one before make a batch of their own, which stops at every token. */
interface LaneState {
  readonly lane: DecodeLane;
  readonly runner: number;
  readonly isConstrained: boolean;
  readonly queue: DecodingRow[];
  running: Promise<void> | null;
}

export class DecodeEngine {
  readonly #graphs: DecoderGraphs;
  readonly #lanes: LaneState[];
  readonly #maxRows: number;
  /** Shared by all lanes: caches are plain arrays between two calls. */
  readonly #prefixes: PrefixCache | null;
  /** Updates that are waiting or being loaded: no row is admitted meanwhile. */
  #updates = 0;
  #updating: Promise<void> = Promise.resolve();
  /** What runs beside the lanes on the same weights. */
  readonly #beside = new Set<Promise<unknown>>();

  /**
   * @param prefixCacheBytes What the caches of earlier prompts may hold; with 0, each prompt is computed whole.
   * @param cacheBudget What the caches of rows under way may hold, of all lanes together: the others wait. Engines may share one.
   */
  constructor(
    graphs: DecoderGraphs,
    maxRows: number = MAX_ROWS_PER_LANE,
    prefixCacheBytes = 0,
    cacheBudget = new CacheBudget(Number.POSITIVE_INFINITY),
  ) {
    this.#graphs = graphs;
    this.#maxRows = maxRows;
    this.#prefixes = prefixCacheBytes > 0 ? new PrefixCache(graphs.config, prefixCacheBytes) : null;
    this.#lanes = graphs.runners.flatMap((computing, runner) => {
      const isShared = (): boolean =>
        this.#lanes.filter((state) => state.runner === runner && state.running !== null).length > 1;
      return [false, true].map((isConstrained) => {
        const lane = new DecodeLane(graphs, computing, { maxRows, cacheBudget, isShared }, this.#prefixes);
        return { lane, runner, isConstrained, queue: [], running: null };
      });
    });
  }

  /** Each row's `result` settles when it is done. Neighbours in `rows` are decoded together where that is possible. */
  submit(rows: readonly DecodingRow[]): void {
    for (const row of rows) {
      const isKnown = row.adapter === null || this.#graphs.hasAdapter(row.adapter);
      if (!isKnown) row.fail(new RangeError(`there is no adapter ${row.adapter}`));
    }
    for (const isConstrained of [false, true]) {
      this.#spread(
        rows.filter((row) => row.isConstrained === isConstrained),
        this.#lanes.filter((state) => state.isConstrained === isConstrained),
      );
    }
    this.#wake();
  }

  /** Gives rows to the lanes whose runners have least to do. */
  #spread(rows: readonly DecodingRow[], lanes: readonly LaneState[]): void {
    const rounds = Math.ceil(rows.length / (lanes.length * this.#maxRows));
    const atOnce = Math.max(1, Math.ceil(rows.length / (lanes.length * rounds)));
    for (let start = 0; start < rows.length; start += atOnce) {
      const loads = lanes.map(({ runner }) => this.#loadOf(runner));
      lanes[loads.indexOf(Math.min(...loads))]?.queue.push(...rows.slice(start, start + atOnce));
    }
  }

  /** Tokens that a runner may still have to make. */
  #loadOf(runner: number): number {
    const lanes = this.#lanes.filter((state) => state.runner === runner);
    return lanes.reduce(
      (load, { lane, queue }) => queue.reduce((sum, { remaining }) => sum + remaining, load + lane.remaining),
      0,
    );
  }

  /** Resolves when every row given before is done on the old weights and the new ones are loaded. */
  update(tensors: TensorMap, version: number): Promise<void> {
    this.#updates += 1;
    const loading = this.#updating.then(async () => {
      await this.#idle();
      this.#prefixes?.clear();
      await this.#graphs.update(tensors, version);
    });
    this.#updating = loading
      .catch(() => undefined)
      .then(() => {
        this.#updates -= 1;
        this.#wake();
      });
    return loading;
  }

  /** Work of several calls, for which the weights stay the same and the runners open. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    while (this.#updates > 0) await this.#updating;
    const working = work();
    const settled = working.then(
      () => undefined,
      () => undefined,
    );
    this.#beside.add(settled);
    try {
      return await working;
    } finally {
      this.#beside.delete(settled);
    }
  }

  /** The adapter of that name is another from now on, or none. */
  forgetPrompts(adapter: string): void {
    this.#prefixes?.clear(adapter);
  }

  /** Resolves when every row that was given is done. */
  async drain(): Promise<void> {
    await this.#updating;
    while (this.#beside.size > 0 || this.#lanes.some(({ running }) => running !== null)) await this.#idle();
  }

  async #idle(): Promise<void> {
    await Promise.all([...this.#beside, ...this.#lanes.flatMap(({ running }) => running ?? [])]);
  }

  #wake(): void {
    for (const state of this.#lanes) {
      if (state.running || this.#updates > 0 || state.queue.length === 0) continue;
      state.running = state.lane.run(this.#source(state.queue)).finally(() => {
        state.running = null;
        this.#wake();
      });
    }
  }

  #source(queue: DecodingRow[]): RowSource {
    const isPaused = (): boolean => this.#updates > 0;
    const joining = (adapter: string | null): number => {
      const stranger = queue.findIndex((row) => row.adapter !== adapter);
      return stranger < 0 ? queue.length : stranger;
    };
    return {
      get waiting() {
        return isPaused() ? 0 : queue.length;
      },
      joining: (adapter) => (isPaused() ? 0 : joining(adapter)),
      take: (count, fits) => {
        const [first] = queue;
        if (isPaused() || !first) return [];
        const most = Math.min(count, joining(first.adapter));
        const tooLarge = queue.slice(0, most).findIndex((row) => !row.isOver && !fits(row));
        return queue.splice(0, tooLarge < 0 ? most : tooLarge);
      },
    };
  }
}
