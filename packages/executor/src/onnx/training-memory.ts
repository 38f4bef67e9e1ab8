// One WebAssembly memory that ONNX Runtime reads parameters from and the optimiser kernels work on in place. Regions
// follow one another: parameters, then for the trainable ones both moments, the gradient accumulator and the scratch for
// the next micro-batch. Within a region, decaying parameters come first, so an update is two kernel calls; the tensors
// start on cache lines and the gaps between them stay zero.

import { invariant } from '@preheat/contracts';
import { adamwCoefficients, clipScale, judgeGradient } from '../adamw.js';
import type { UpdateOptions, UpdateReport } from '../executor.js';
import type { Parameter } from '../parameter-layout.js';
import { instantiateKernels } from '../wasm/kernels.js';
import type { OptimiserKernels } from '../wasm/kernels.js';
import { webAssembly } from '../wasm/web-assembly.js';

const bytesPerFloat = 4;
/** Tensors start at multiples of this: a cache line, and a whole number of SIMD vectors. */
const alignmentBytes = 64;
const pageBytes = 65_536;
/** The address space of 32-bit WebAssembly. */
const maxBytes = 65_536 * pageBytes;

/** Regions that hold only trainable parameters. */
export type TrainableRegion = 'firstMoment' | 'secondMoment' | 'gradient' | 'scratch';
export type Region = 'parameters' | TrainableRegion;

const trainableRegions: readonly TrainableRegion[] = ['firstMoment', 'secondMoment', 'gradient', 'scratch'];

const rank = ({ trainable, decays }: Parameter) => (decays ? 0 : trainable ? 1 : 2);

const alignedBytes = (size: number) => Math.ceil((size * bytesPerFloat) / alignmentBytes) * alignmentBytes;

export class TrainingMemory {
  readonly #buffer: ArrayBuffer;
  readonly #kernels: OptimiserKernels;
  readonly #offsets = new Map<string, number>();
  readonly #starts: Record<Region, number>;
  readonly #decayingBytes: number;
  readonly #trainableBytes: number;

  /** All zero. Throws when it does not fit the 4 GiB of a WebAssembly memory (about 210 million trained parameters). */
  constructor(parameters: readonly Parameter[]) {
    const ends = [0, 0, 0];
    let offset = 0;
    for (const parameter of [...parameters].sort((a, b) => rank(a) - rank(b))) {
      this.#offsets.set(parameter.name, offset);
      offset += alignedBytes(parameter.size);
      for (let group = rank(parameter); group < ends.length; group++) ends[group] = offset;
    }
    [this.#decayingBytes, this.#trainableBytes] = [ends[0] ?? 0, ends[1] ?? 0];
    const total = offset + trainableRegions.length * this.#trainableBytes;
    if (total > maxBytes) {
      throw new Error(`training needs ${total} bytes in one memory, more than ${maxBytes}; train fewer parameters`);
    }
    // Pages that are never touched (such as scratch without micro-batches) are not backed by the system.
    const memory = new webAssembly.Memory({ initial: Math.ceil(total / pageBytes) });
    this.#buffer = memory.buffer;
    this.#kernels = instantiateKernels(memory);
    const start = (index: number) => offset + index * this.#trainableBytes;
    this.#starts = {
      parameters: 0,
      firstMoment: start(0),
      secondMoment: start(1),
      gradient: start(2),
      scratch: start(3),
    };
  }

  /** A view of one tensor; it stays valid and current, because the memory never grows. */
  view(region: Region, { name, size }: Parameter): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer, this.#address(region, name), size);
  }

  /** Zeroes every tensor of a region. */
  clear(region: TrainableRegion): void {
    new Uint8Array(this.#buffer, this.#starts[region], this.#trainableBytes).fill(0);
  }

  /** Adds one tensor of the scratch region to the accumulator. */
  accumulateScratch({ name, size }: Parameter): void {
    this.#kernels.accumulate(this.#address('gradient', name), this.#address('scratch', name), alignedBytes(size));
  }

  /** Clips and applies AdamW as update number `step` (from one), unless the gradient is not finite. */
  update(options: UpdateOptions, step: number): UpdateReport {
    const bytes = this.#trainableBytes;
    const squares = bytes === 0 ? 0 : this.#kernels.sumOfSquares(this.#starts.gradient, bytes);
    const report = judgeGradient(Math.sqrt(squares) * options.gradientScale, options.maxGradNorm);
    if (!report.applied) return report;
    const scale = clipScale(report.gradientNorm, options.maxGradNorm);
    this.#adamw(options, step, scale, 0, this.#decayingBytes, options.weightDecay);
    this.#adamw(options, step, scale, this.#decayingBytes, bytes, 0);
    return report;
  }

  #adamw(options: UpdateOptions, step: number, clip: number, from: number, to: number, weightDecay: number): void {
    if (from === to) return;
    const { gradientScale, rate, epsilon, keep } = adamwCoefficients({ ...options, weightDecay }, step, clip);
    const { parameters, firstMoment, secondMoment, gradient } = this.#starts;
    const { beta1, beta2 } = options;
    this.#kernels.adamw(
      ...([parameters + from, firstMoment + from, secondMoment + from, gradient + from, to - from] as const),
      ...([beta1, 1 - beta1, beta2, 1 - beta2, rate, epsilon, keep, gradientScale] as const),
    );
  }

  #address(region: Region, name: string): number {
    const offset = this.#offsets.get(name);
    invariant(offset !== undefined, `parameter "${name}" has no memory`);
    invariant(region === 'parameters' || offset < this.#trainableBytes, `parameter "${name}" is frozen`);
    return this.#starts[region] + offset;
  }
}
