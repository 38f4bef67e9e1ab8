/**
 * The queue of rows before the lanes of a decoder. Rows may be given at any time, by a rollout or by requests that know
 * nothing of each other, and are decoded together as far as places go. New weights wait until no row is under way, so
 * that every row is of one version; rows given in between wait for them.
 */
import type { TensorMap } from '@preheat/checkpoints';
import { DecodeLane, type RowSource } from './decode-lane.js';
import type { DecoderGraphs } from './decoder-graphs.js';
import type { DecodingRow } from './decoding-row.js';

/** Rows of a lane. Larger batches stop gaining speed: their caches outgrow the processor's. */
export const MAX_ROWS_PER_LANE = 64;

interface LaneState {
  readonly lane: DecodeLane;
  running: Promise<void> | null;
}

export class DecodeEngine {
  readonly #graphs: DecoderGraphs;
  readonly #lanes: LaneState[];
  readonly #queue: DecodingRow[] = [];
  /** Updates that are waiting or being loaded: no row is admitted meanwhile. */
  #updates = 0;
  #updating: Promise<void> = Promise.resolve();

  constructor(graphs: DecoderGraphs, maxRows: number = MAX_ROWS_PER_LANE) {
    this.#graphs = graphs;
    this.#lanes = graphs.runners.map((runner) => ({ lane: new DecodeLane(graphs, runner, maxRows), running: null }));
  }

  /** Each row's `result` settles when it is done. */
  submit(rows: readonly DecodingRow[]): void {
    this.#queue.push(...rows);
    this.#wake();
  }

  /** Resolves when every row given before is done on the old weights and the new ones are loaded. */
  update(tensors: TensorMap, version: number): Promise<void> {
    this.#updates += 1;
    const loading = this.#updating.then(async () => {
      await this.#idle();
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

  /** Resolves when every row that was given is done. */
  async drain(): Promise<void> {
    await this.#updating;
    while (this.#lanes.some(({ running }) => running !== null)) await this.#idle();
  }

  async #idle(): Promise<void> {
    await Promise.all(this.#lanes.flatMap(({ running }) => running ?? []));
  }

  #wake(): void {
    for (const state of this.#lanes) {
      if (state.running || this.#updates > 0 || this.#queue.length === 0) continue;
      const idle = this.#lanes.filter(({ running }) => !running).length;
      const share = Math.ceil(this.#queue.length / idle);
      state.running = state.lane.run(this.#source(), share).finally(() => {
        state.running = null;
        this.#wake();
      });
    }
  }

  #source(): RowSource {
    const isPaused = (): boolean => this.#updates > 0;
    const queue = this.#queue;
    return {
      get waiting() {
        return isPaused() ? 0 : queue.length;
      },
      take: (count) => (isPaused() ? [] : queue.splice(0, count)),
    };
  }
}
