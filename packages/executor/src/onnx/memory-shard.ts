// One WebAssembly memory with a part of the parameters under training. Regions follow one another: the parameters, then
// for the trainable ones both moments, their average where one is kept, and several gradients (slots). Within a region decaying parameters come first, so
// an update is two kernel calls; tensors start on cache lines and the gaps between them stay zero.

import { invariant } from '@preheat/contracts';
import { adamwCoefficients } from '../adamw.js';
import type { UpdateOptions } from '../executor.js';
import type { Parameter } from '../parameter-layout.js';
import { instantiateKernels } from '../wasm/kernels.js';
import type { OptimiserKernels } from '../wasm/kernels.js';
import { webAssembly } from '../wasm/web-assembly.js';

const bytesPerFloat = 4;
/** Tensors start at multiples of this: a cache line, and a whole number of SIMD vectors. */
const alignmentBytes = 64;
const pageBytes = 65_536;
/** The address space of 32-bit WebAssembly but for the last page, so that the end of a region is still an address. */
export const maxShardBytes: number = 65_535 * pageBytes;

/** Regions between the parameters and the gradients; all hold only trainable parameters. */
const optimiserRegions = ['firstMoment', 'secondMoment', 'average'] as const;
export type OptimiserRegion = (typeof optimiserRegions)[number];
/** A number is a gradient slot. */
export type Region = 'parameters' | OptimiserRegion | number;

export interface ShardRegions {
  /** Gradients held at once. */
  readonly gradientSlots: number;
  /** Whether there is an average. */
  readonly averages?: boolean;
}

const optimiserRegionCount = ({ averages = false }: ShardRegions): number =>
  optimiserRegions.length - Number(!averages);

const rank = ({ trainable, decays }: Parameter) => (decays ? 0 : trainable ? 1 : 2);

const alignedBytes = (size: number) => Math.ceil((size * bytesPerFloat) / alignmentBytes) * alignmentBytes;

/** What a parameter takes in a shard with these regions. */
export function bytesInShard({ size, trainable }: Parameter, regions: ShardRegions): number {
  return alignedBytes(size) * (trainable ? 1 + optimiserRegionCount(regions) + regions.gradientSlots : 1);
}

export class MemoryShard {
  readonly buffer: SharedArrayBuffer;
  /** Bytes of one region of trainable parameters; gradient slot s starts at `gradientStart + s · trainableBytes`. */
  readonly trainableBytes: number;
  readonly gradientStart: number;
  readonly #kernels: OptimiserKernels;
  readonly #offsets = new Map<string, number>();
  readonly #optimiserStart: number;
  readonly #decayingBytes: number;

  /** All zero. The caller sees to it that the parameters fit. */
  constructor(parameters: readonly Parameter[], regions: ShardRegions) {
    const ends = [0, 0, 0];
    let offset = 0;
    for (const parameter of [...parameters].sort((a, b) => rank(a) - rank(b))) {
      this.#offsets.set(parameter.name, offset);
      offset += alignedBytes(parameter.size);
      for (let group = rank(parameter); group < ends.length; group++) ends[group] = offset;
    }
    [this.#decayingBytes, this.trainableBytes] = [ends[0] ?? 0, ends[1] ?? 0];
    this.#optimiserStart = offset;
    this.gradientStart = offset + optimiserRegionCount(regions) * this.trainableBytes;
    const total = this.gradientStart + regions.gradientSlots * this.trainableBytes;
    const pages = Math.ceil(total / pageBytes);
    // Pages that are never touched (such as slots that nobody needs) are not backed by the system.
    const memory = new webAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.buffer = memory.buffer;
    this.#kernels = instantiateKernels(memory);
  }

  /** Where a parameter lies within every region that holds it, in bytes. */
  offsetOf(name: string): number {
    const offset = this.#offsets.get(name);
    invariant(offset !== undefined, `parameter "${name}" has no memory here`);
    return offset;
  }

  /** A view of one tensor; it stays valid and current, because the memory never grows. */
  view(region: Region, { name, size }: Parameter): Float32Array<SharedArrayBuffer> {
    return new Float32Array(this.buffer, this.#address(region, name), size);
  }

  /** Zeroes every tensor of a region. */
  clear(region: OptimiserRegion): void {
    new Uint8Array(this.buffer, this.#start(region), this.trainableBytes).fill(0);
  }

  /** Adds one gradient to another in one call: slot `source` to slot `target`. */
  addSlot(target: number, source: number): void {
    if (this.trainableBytes === 0) return;
    this.#kernels.accumulate(this.#start(target), this.#start(source), this.trainableBytes);
  }

  /** Adds one tensor of a gradient to that of another. */
  addTensor(target: number, source: number, { name, size }: Parameter): void {
    this.#kernels.accumulate(this.#address(target, name), this.#address(source, name), alignedBytes(size));
  }

  /** Σ g² of one tensor. */
  sumOfSquares(slot: number, { name, size }: Parameter): number {
    return this.#kernels.sumOfSquares(this.#address(slot, name), alignedBytes(size));
  }

  /** Applies AdamW as update number `step` (from one) with the gradient of a slot, scaled by `clip`. */
  update(options: UpdateOptions, step: number, clip: number, slot: number): void {
    this.#adamw(options, step, clip, slot, 0, this.#decayingBytes);
    this.#adamw({ ...options, weightDecay: 0 }, step, clip, slot, this.#decayingBytes, this.trainableBytes);
  }

  /** Moves the average towards the parameters by a share of their distance. */
  updateAverage(rate: number): void {
    if (this.trainableBytes === 0) return;
    this.#kernels.average(this.#start('average'), this.#start('parameters'), this.trainableBytes, rate);
  }

  #adamw(options: UpdateOptions, step: number, clip: number, slot: number, from: number, to: number): void {
    if (from === to) return;
    const { gradientScale, rate, epsilon, keep } = adamwCoefficients(options, step, clip);
    const { beta1, beta2 } = options;
    const at = (region: Region) => this.#start(region) + from;
    this.#kernels.adamw(
      ...([at('parameters'), at('firstMoment'), at('secondMoment'), at(slot), to - from] as const),
      ...([beta1, 1 - beta1, beta2, 1 - beta2, rate, epsilon, keep, gradientScale] as const),
    );
  }

  #address(region: Region, name: string): number {
    const offset = this.offsetOf(name);
    invariant(region === 'parameters' || offset < this.trainableBytes, `parameter "${name}" is frozen`);
    return this.#start(region) + offset;
  }

  #start(region: Region): number {
    if (region === 'parameters') return 0;
    if (typeof region === 'number') return this.gradientStart + region * this.trainableBytes;
    return this.#optimiserStart + optimiserRegions.indexOf(region) * this.trainableBytes;
  }
}
