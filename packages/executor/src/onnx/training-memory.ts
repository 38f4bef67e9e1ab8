// The parameters, moments, averages and gradients of one model in shared WebAssembly memory: several of them when they do not fit
// the 4 GiB of one. A parameter is cut into pieces of a fixed size, each of which lies in one shard with all that belongs to it, and
// nothing computed here depends on how they are spread, nor on the number of gradient slots.

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
  /** Numbers of a piece. Only tests change it: the norm of a gradient is summed up piece by piece. */
  readonly pieceSize?: number;
}

/** 8 MiB: with its moments, average and a gradient for each of five hundred lanes it fits a shard. */
const PIECE_SIZE = 2 ** 21;

/** A run of a parameter's numbers. */
interface Piece extends Parameter {
  /** Name of the parameter. */
  readonly of: string;
  readonly start: number;
}

interface HeldPiece {
  readonly piece: Piece;
  readonly shard: MemoryShard;
}

export class TrainingMemory {
  readonly #shards: MemoryShard[] = [];
  /** Of every parameter, in order. */
  readonly #pieces = new Map<string, HeldPiece[]>();
  readonly #trainable: readonly Parameter[];
  readonly #parameters: readonly Parameter[];
  readonly #averageDecay: number | undefined;

  /** All zero. Throws when a single piece, with its moments and gradients, does not fit one shard. */
  constructor(parameters: readonly Parameter[], options: TrainingMemoryOptions) {
    const { gradientSlots, averageDecay, ...sizes } = options;
    const regions: ShardRegions = { gradientSlots, averages: averageDecay !== undefined };
    this.#averageDecay = averageDecay;
    this.#parameters = parameters;
    this.#trainable = parameters.filter(({ trainable }) => trainable);
    for (const { name } of parameters) this.#pieces.set(name, []);
    for (const group of spread(parameters, regions, sizes)) {
      const shard = new MemoryShard(group, regions);
      this.#shards.push(shard);
      for (const piece of group) this.#pieces.get(piece.of)?.push({ piece, shard });
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
    for (const { piece, shard } of this.#trainable.flatMap((parameter) => this.#piecesOf(parameter))) {
      const [value, average] = [shard.view('parameters', piece), shard.view('average', piece)];
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
        const { name, shape, size, trainable } = parameter;
        const pieces = this.#piecesOf(parameter).map(({ piece, shard }) => ({
          shard: this.#shards.indexOf(shard),
          offset: shard.offsetOf(piece.name),
          start: piece.start,
          size: piece.size,
        }));
        return { name, shape, size, trainable, pieces };
      }),
    };
  }

  /** Views of a parameter's pieces, in order; they stay valid and current. */
  views(region: Region, parameter: Parameter): Float32Array<SharedArrayBuffer>[] {
    return this.#piecesOf(parameter).map(({ piece, shard }) => shard.view(region, piece));
  }

  /** Copies all numbers of a parameter in. */
  write(region: Region, parameter: Parameter, data: Float32Array): void {
    for (const { piece, shard } of this.#piecesOf(parameter)) {
      shard.view(region, piece).set(data.subarray(piece.start, piece.start + piece.size));
    }
  }

  /** A copy of all numbers of a parameter, owned by the caller. */
  read(region: Region, parameter: Parameter): Float32Array {
    const data = new Float32Array(parameter.size);
    for (const { piece, shard } of this.#piecesOf(parameter)) data.set(shard.view(region, piece), piece.start);
    return data;
  }

  clear(region: OptimiserRegion): void {
    for (const shard of this.#shards) shard.clear(region);
  }

  /** Zeroes the tensors of a gradient slot that are not among `written`. */
  clearAllBut(slot: number, written: readonly Parameter[]): void {
    const kept = new Set(written);
    for (const parameter of this.#trainable) {
      if (!kept.has(parameter)) for (const view of this.views(slot, parameter)) view.fill(0);
    }
  }

  /** Adds the named tensors of gradient slot `source` to slot `target`. */
  addGradient(target: number, source: number, parameters: readonly Parameter[]): void {
    if (parameters.length === this.#trainable.length) {
      for (const shard of this.#shards) shard.addSlot(target, source);
    } else {
      for (const { piece, shard } of parameters.flatMap((parameter) => this.#piecesOf(parameter)))
        shard.addTensor(target, source, piece);
    }
  }

  /** Clips the gradient in `slot`, applies AdamW as update number `step` (from one) and averages, unless it is not finite. */
  update(options: UpdateOptions, step: number, slot: number): UpdateReport {
    const report = judgeGradient(this.norm(slot) * options.gradientScale, options.maxGradNorm);
    if (!report.applied) return report;
    const clip = clipScale(report.gradientNorm, options.maxGradNorm);
    for (const shard of this.#shards) {
      shard.update(options, step, clip, slot);
      if (this.#averageDecay !== undefined) shard.updateAverage(averageRate(this.#averageDecay, step - 1));
    }
    return report;
  }

  /** Of the gradient in a slot. */
  norm(slot: number): number {
    let squares = 0;
    for (const { piece, shard } of this.#trainable.flatMap((parameter) => this.#piecesOf(parameter)))
      squares += shard.sumOfSquares(slot, piece);
    return Math.sqrt(squares);
  }

  #piecesOf({ name }: Parameter): readonly HeldPiece[] {
    const pieces = this.#pieces.get(name);
    if (!pieces) throw new Error(`parameter "${name}" has no memory`);
    return pieces;
  }
}

function cut(parameter: Parameter, pieceSize: number): Piece[] {
  const { name, size } = parameter;
  if (size <= pieceSize) return [{ ...parameter, of: name, start: 0 }];
  return Array.from({ length: Math.ceil(size / pieceSize) }, (_, index) => {
    const start = index * pieceSize;
    const length = Math.min(pieceSize, size - start);
    return { ...parameter, name: `${name} [${start}]`, of: name, shape: [length], size: length, start };
  });
}

/**
 * The pieces of every shard, filled in the order of declaration.
 * @throws Error when a piece does not fit a shard.
 */
export function spread(
  parameters: readonly Parameter[],
  regions: ShardRegions,
  { shardBytes = maxShardBytes, pieceSize = PIECE_SIZE }: Pick<TrainingMemoryOptions, 'shardBytes' | 'pieceSize'> = {},
): Piece[][] {
  const groups: Piece[][] = [];
  let free = 0;
  for (const piece of parameters.flatMap((parameter) => cut(parameter, pieceSize))) {
    const bytes = bytesInShard(piece, regions);
    if (bytes > shardBytes) {
      throw new Error(
        `${piece.size} numbers of parameter "${piece.name}" need ${bytes} bytes with their moments and ` +
          `${regions.gradientSlots} gradients, more than the ${shardBytes} of one memory; use fewer workers`,
      );
    }
    if (groups.length === 0 || bytes > free) {
      groups.push([]);
      free = shardBytes;
    }
    groups.at(-1)?.push(piece);
    free -= bytes;
  }
  return groups;
}
