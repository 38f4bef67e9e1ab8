/**
 * Models that this runner keeps in memory between jobs: what fits a budget, the last used first, and the one that was asked for
 * last even beyond it, until another is read. A bundle is immutable, so its prefix names its weights for good; nobody changes
 * the tensors, because training works on copies. How long each took to read is what another runner would have to spend, and what
 * a job may be kept for.
 */
import { MAX_WARM_MODELS, type ModelRecord, type WarmModel } from '@preheat/contracts';
import type { LoadedModel } from '@preheat/inference/model-registry';
import type { Clock } from '@preheat/ports';

export interface HeldModelsOptions {
  readonly clock: Clock;
  /** Of weights beside those asked for last. */
  readonly budgetBytes: number;
}

/** As far as a registry of models is needed here. */
interface Models {
  load(record: ModelRecord): Promise<LoadedModel>;
}

interface Held {
  readonly model: LoadedModel;
  readonly bytes: number;
  readonly loadMs: number;
}

export class HeldModels {
  readonly #models: Models;
  readonly #options: HeldModelsOptions;
  /** By prefix, the one used last at the end. */
  readonly #held = new Map<string, Held>();
  #spentMs = 0;

  constructor(models: Models, options: HeldModelsOptions) {
    this.#models = models;
    this.#options = options;
  }

  /** From memory, or else read and kept. @throws what the registry throws; then nothing is kept. */
  async load(record: ModelRecord): Promise<LoadedModel> {
    const held = this.#held.get(record.prefix) ?? (await this.#read(record));
    this.#held.delete(record.prefix);
    this.#held.set(record.prefix, held);
    this.#evictBeside(held.bytes);
    return { ...held.model, record };
  }

  /** Reads a model that nobody asks for again: nothing is kept, and what exceeds the budget goes. */
  async readOnce(record: ModelRecord): Promise<LoadedModel> {
    return (await this.#read(record)).model;
  }

  holds(prefix: string): boolean {
    return this.#held.has(prefix);
  }

  /** The one used last first. */
  get list(): WarmModel[] {
    const newestFirst = [...this.#held].reverse().slice(0, MAX_WARM_MODELS);
    return newestFirst.map(([prefix, { model, loadMs }]) => ({ model: model.record.name, prefix, loadMs }));
  }

  /** Time spent on reading since it was asked for last. */
  takeSpentMs(): number {
    const spentMs = this.#spentMs;
    this.#spentMs = 0;
    return spentMs;
  }

  async #read(record: ModelRecord): Promise<Held> {
    // What is larger than the budget was kept while there was nothing else to keep.
    this.#evictBeside(0);
    const { clock } = this.#options;
    const startedMs = clock.nowMs();
    const model = await this.#models.load(record);
    const loadMs = Math.round(clock.nowMs() - startedMs);
    this.#spentMs += loadMs;
    return { model, loadMs, bytes: bytesOf(model) };
  }

  /** Lets go of those used longest ago until the rest fits beside `newestBytes` of the newest. */
  #evictBeside(newestBytes: number): void {
    let heldBytes = [...this.#held.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    const limitBytes = Math.max(newestBytes, this.#options.budgetBytes);
    for (const [prefix, { bytes }] of this.#held) {
      if (heldBytes <= limitBytes && this.#held.size <= MAX_WARM_MODELS) return;
      this.#held.delete(prefix);
      heldBytes -= bytes;
    }
  }
}

const bytesOf = ({ tensors }: LoadedModel): number =>
  [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
