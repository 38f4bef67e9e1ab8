// What an executor offers: running programs, and holding a model while it is trained. Recipes and trainers are written
// against these interfaces only; ./onnx and ./tfjs implement them.

import type { InputStorage, Program, Shape } from '@preheat/graph';

/** Numbers for the inputs of a program that are not parameters, by name: f32 or i32 as the program says. */
export type Feeds = Readonly<Record<string, Float32Array | Int32Array>>;

/** Tensors by name, row-major. */
export type Tensors = Readonly<Record<string, Float32Array>>;

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Whether `update` changes it. Default true; a frozen parameter has no moments and takes no gradient. */
  readonly trainable?: boolean;
  /** How a frozen matrix is held. Default float32; others only where the executor `holdsStored`. */
  readonly storage?: 'float32' | InputStorage;
  /** Whether weight decay applies. Default: to matrices (rank 2 and more), not to biases and norm weights. */
  readonly weightDecay?: boolean;
}

/** A matrix in fewer bits, row-major: float16 as bit patterns, or int8 with a scale [rows] for each row. */
export type StoredTensor =
  | { readonly storage: 'float16'; readonly values: Uint16Array }
  | { readonly storage: 'int8'; readonly values: Int8Array; readonly scales: Float32Array };

/** The complete state of training between two updates. Gradients in accumulation are not part of it. */
export interface TrainingSnapshot {
  /** Those that are held in float32. */
  readonly parameters: Tensors;
  /** The others; views of the executor's own memory, because they never change until the next `load`. */
  readonly stored?: Readonly<Record<string, StoredTensor>>;
  /** Moments of AdamW, of every trainable parameter. */
  readonly firstMoment: Tensors;
  readonly secondMoment: Tensors;
  /** The average of every trainable parameter, where one is kept. */
  readonly average?: Tensors;
  /** Number of updates applied. */
  readonly stepCount: number;
}

export interface LoadableState extends Partial<TrainingSnapshot> {
  readonly parameters: Tensors;
}

export interface TrainingOptions {
  /**
   * Keeps an exponential moving average of what is trained (Polyak & Juditsky 1992), often better to evaluate than the
   * last weights: after every update `average ← decay · average + (1 - decay) · parameter`, from what was loaded, with a
   * decay that warms up to this one (`averageRate`) by the updates counted in `stepCount`. In [0, 1), such as 0.999; by
   * default none is kept.
   */
  readonly averageDecay?: number | undefined;
}

/** One AdamW update (Loshchilov & Hutter 2019). */
export interface UpdateOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** The global norm to which larger gradients are scaled down; `Infinity` for never. */
  readonly maxGradNorm: number;
  /** Multiplies the accumulated gradient before anything else, such as 1 / number of micro-batches. */
  readonly gradientScale: number;
}

export interface UpdateReport {
  /** Euclidean norm of the whole scaled gradient, before clipping. Not finite when a gradient overflowed or was NaN. */
  readonly gradientNorm: number;
  readonly clipped: boolean;
  /** False when the norm was not finite: the gradient was dropped and parameters, moments and step count are unchanged. */
  readonly applied: boolean;
}

/**
 * A model under training: parameters, moments and gradients live where the executor computes. Calls are carried out
 * in the order they are made. After `dispose`, every call rejects.
 */
export interface TrainingState {
  /**
   * Replaces the parameters, the moments and step count where given (else zero), and the average where one is kept (else
   * it starts at the parameters); drops accumulated gradients. Copies its arguments. Rejects when a parameter is missing, unknown or has the wrong number of elements.
   */
  load(state: LoadableState): Promise<void>;
  /** A bit-exact copy, owned by the caller. */
  read(): Promise<TrainingSnapshot>;
  /**
   * Runs a program and adds its gradients (outputs named by `gradientOutput`) to the accumulator. Returns the other
   * outputs, owned by the caller. Rejects with an OutOfMemoryError when memory ran out; call `discard` before going on.
   */
  accumulate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>>;
  /**
   * Makes ready what the first run of a program would have to wait for, at times when nothing else is to be done. Takes no
   * turn among the other calls, and resolves when it is over; what fails here fails in the run.
   */
  prepare(program: Program): Promise<void>;
  /** Runs a program without gradients. Rejects with an OutOfMemoryError when memory ran out. */
  evaluate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>>;
  /**
   * Puts the average in the place of the parameters while `work` runs: what it evaluates and reads is the average. Rejects
   * where none is kept; `load`, `accumulate` and `update` reject until it is over. Where the exchange itself fails, nothing may
   * be done but to load or dispose.
   */
  withAverage<T>(work: () => Promise<T>): Promise<T>;
  /** The global norm of what was accumulated since the last update, before clipping; 0 where nothing was. It stays. */
  gradientNorm(): Promise<number>;
  /** Empties the accumulator without an update. */
  discard(): Promise<void>;
  /**
   * Clips, applies AdamW and empties the accumulator. Rejects when nothing was accumulated. After an OutOfMemoryError
   * here some parameters may be updated and others not: load a snapshot or dispose.
   */
  update(options: UpdateOptions): Promise<UpdateReport>;
  dispose(): Promise<void>;
}

/** A program alone; parameters are fed like any other input. */
export interface CompiledProgram {
  /** Returns the outputs, owned by the caller. */
  run(feeds: Feeds): Promise<Record<string, Float32Array>>;
  dispose(): Promise<void>;
}

export interface Executor {
  /** `onnx` or `tfjs`. */
  readonly name: string;
  /** The runtime, its version and where it computes, for logs and reports. */
  readonly detail: string;
  /** Whether frozen matrices can be held in fewer bits than float32. */
  readonly holdsStored: boolean;
  /** Holds a model with the given parameters, all zero until `load`. Rejects for a layout or options out of range. */
  openTraining(layout: readonly ParameterSpec[], options?: TrainingOptions): Promise<TrainingState>;
  compile(program: Program): Promise<CompiledProgram>;
  /** Frees everything, including open training states and compiled programs. */
  dispose(): Promise<void>;
}
