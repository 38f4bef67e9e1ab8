// The parameters, moments, averages and gradients of one model in shared WebAssembly memory: several of them when they do not fit
// the 4 GiB of one. Every parameter lies in one shard with all that belongs to it, and nothing computed here depends on
// how they are spread, nor on the number of gradient slots.

import { clipScale, judgeGradient } from '../adamw.js';
import { averageRate } from '../average-rate.js';
import type { UpdateOptions, UpdateReport } from '../executor.js';
import type { Parameter } from '../parameter-layout.js';
import type { SharedParameters } from './lane.js';
import { bytesInShard, maxShardBytes, MemoryShard } from './memory-shard.js';
import type { OptimiserRegion, Region, ShardRegions } from './memory-shard.js';

export interface TrainingMemoryOptions {
  /** Gradients held at once: the sum so far, and those that wait to be added to it. */
  readonly gradientSlots: number;
  /** Of the average of the parameters, where one is kept. */
  readonly averageDecay?: number | undefined;
  /** Bytes after which a new shard begins. */
  readonly shardBytes?: number;
}

export class TrainingMemory {
  readonly #shards: MemoryShard[] = [];
  readonly #shardOf = new Map<string, MemoryShard>();
  readonly #trainable: readonly Parameter[];
  readonly #parameters: readonly Parameter[];
  readonly #averageDecay: number | undefined;

  /** All zero. Throws when a single parameter, with its moments and gradients, does not fit one shard. */
  constructor(parameters: readonly Parameter[], options: TrainingMemoryOptions) {
    const { gradientSlots, averageDecay, shardBytes = maxShardBytes } = options;
    const regions: ShardRegions = { gradientSlots, averages: averageDecay !== undefined };
    this.#averageDecay = averageDecay;
    this.#parameters = parameters;
    this.#trainable = parameters.filter(({ trainable }) => trainable);
    for (const group of divide(parameters, regions, shardBytes)) {
      const shard = new MemoryShard(group, regions);
      this.#shards.push(shard);
      for (const { name } of group) this.#shardOf.set(name, shard);
    }
  }

  get shardCount(): number {
    return this.#shards.length;
  }

  get trainableCount(): number {
    return this.#trainable.length;
  }

  /** What the optimiser keeps of every trainable parameter. */
  get optimiserRegions(): readonly OptimiserRegion[] {
    return this.#averageDecay === undefined
      ? ['firstMoment', 'secondMoment']
      : ['firstMoment', 'secondMoment', 'average'];
  }

  /** Puts the average in the place of the parameters, and them in its place, where one is kept. */
  exchangeAverage(): void {
    for (const parameter of this.#trainable) {
      const [value, average] = [this.view('parameters', parameter), this.view('average', parameter)];
      const held = value.slice();
      value.set(average);
      average.set(held);
    }
  }

  /** What other threads need to find the tensors. */
  share(): Omit<SharedParameters, 'stored'> {
    return {
      shards: this.#shards.map(({ buffer, gradientStart, trainableBytes }) => ({
        buffer,
        gradientStart,
        slotBytes: trainableBytes,
      })),
      tensors: this.#parameters.map((parameter) => {
        const shard = this.#shard(parameter);
        const { name, shape, size, trainable } = parameter;
        return { name, shape, size, trainable, shard: this.#shards.indexOf(shard), offset: shard.offsetOf(name) };
      }),
    };
  }

  view(region: Region, parameter: Parameter): Float32Array<SharedArrayBuffer> {
    return this.#shard(parameter).view(region, parameter);
  }

  clear(region: OptimiserRegion): void {
    for (const shard of this.#shards) shard.clear(region);
  }

  /** Zeroes the tensors of a gradient slot that are not among `written`. */
  clearAllBut(slot: number, written: readonly Parameter[]): void {
    const kept = new Set(written);
    for (const parameter of this.#trainable) if (!kept.has(parameter)) this.view(slot, parameter).fill(0);
  }

  /** Adds the named tensors of gradient slot `source` to slot `target`. */
  addGradient(target: number, source: number, parameters: readonly Parameter[]): void {
    if (parameters.length === this.#trainable.length) {
      for (const shard of this.#shards) shard.addSlot(target, source);
    } else {
      for (const parameter of parameters) this.#shard(parameter).addTensor(target, source, parameter);
    }
  }

  /** Clips the gradient in `slot`, applies AdamW as update number `step` (from one) and averages, unless it is not finite. */
  update(options: UpdateOptions, step: number, slot: number): UpdateReport {
    let squares = 0;
    for (const parameter of this.#trainable) squares += this.#shard(parameter).sumOfSquares(slot, parameter);
    const report = judgeGradient(Math.sqrt(squares) * options.gradientScale, options.maxGradNorm);
    if (!report.applied) return report;
    const clip = clipScale(report.gradientNorm, options.maxGradNorm);
    for (const shard of this.#shards) {
      shard.update(options, step, clip, slot);
      if (this.#averageDecay !== undefined) shard.updateAverage(averageRate(this.#averageDecay, step - 1));
    }
    return report;
  }

  #shard({ name }: Parameter): MemoryShard {
    const shard = this.#shardOf.get(name);
    if (!shard) throw new Error(`parameter "${name}" has no memory`);
    return shard;
  }
}

/** Fills shards in the order of declaration. */
function divide(parameters: readonly Parameter[], regions: ShardRegions, shardBytes: number): Parameter[][] {
  const groups: Parameter[][] = [];
  let free = 0;
  for (const parameter of parameters) {
    const bytes = bytesInShard(parameter, regions);
    if (bytes > shardBytes) {
      throw new Error(
        `parameter "${parameter.name}" needs ${bytes} bytes with its moments and ${regions.gradientSlots} gradients, more ` +
          `than the ${shardBytes} of one memory; use fewer workers or split it`,
      );
    }
    if (groups.length === 0 || bytes > free) {
      groups.push([]);
      free = shardBytes;
    }
    groups.at(-1)?.push(parameter);
    free -= bytes;
  }
  return groups;
}
