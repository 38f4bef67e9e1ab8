/**
 * Trains one decoder: cuts a batch into micro-batches of fixed shapes, accumulates their gradients, takes one optimiser
 * step. It knows loss components and weighted tokens, never which recipe runs. Owns its training state until `dispose`.
 */
import {
  assertDecoderTensors,
  inputsFirstModules,
  type LoraAdapter,
  mergeAdapter,
  type TensorMap,
} from '@preheat/checkpoints';
import {
  decoderArchitecture,
  type DecoderConfig,
  decoderTensors,
  invariant,
  type TensorSpec,
} from '@preheat/contracts';
import type { Executor, Tensors, TrainingSnapshot, TrainingState } from '@preheat/executor';
import type { Program } from '@preheat/graph';
import { dropoutMasks } from '../adapter/dropout-masks.js';
import { type FrozenStorage, restoreTensor } from '../adapter/frozen-storage.js';
import { loraTensors } from '../adapter/lora-modules.js';
import { canSharePrefixes } from '../decoder/token-layout.js';
import { valueHeadTensors } from '../decoder/value-head.js';
import { type LossSpec, PER_TOKEN } from '../loss/loss-spec.js';
import type { InputMixture } from '../record/input-mixture.js';
import { isInert, type WeightedTokens } from '../record/weighted-tokens.js';
import { type BatchSums, emptySums, foldSums } from './batch-sums.js';
import { type LogitSketch, sketchAt } from './logit-sketch.js';
import { overlap } from './overlap.js';
import {
  type Denominators,
  packMicroBatch,
  packMixtures,
  packTemperatures,
  predictions,
  select,
} from './pack-micro-batch.js';
import {
  computedTokens,
  limitsWithDefaults,
  type MicroBatchLimits,
  type MicroBatchPlan,
  planMicroBatches,
  shapeKey,
  type SharedStart,
} from './plan-micro-batches.js';
import { type AskedTokens, Questions, type TakeOutputs } from './questions.js';
import { predictedFrom, sharedStarts } from './shared-starts.js';
import { type Shrink, ShrinkOnOom } from './shrink-on-oom.js';
import { ProgramCache } from './program-cache.js';
import { tensorsNamed, toTensorMap } from './tensors-named.js';
import { openLoaded, type Start } from './training-layout.js';
import {
  buildErrorNormProgram,
  buildEvaluationProgram,
  buildGuessProgram,
  buildScoringProgram,
  buildSketchProgram,
  buildTrainingProgram,
  buildValueProgram,
  type ProgramShape,
  SKETCH,
  type TrainedModel,
  usesDropout,
} from './training-program.js';

/** AdamW but for the learning rate, which changes from step to step. */
export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
}

export interface StepRequest {
  readonly spec: LossSpec;
  /** Tokens of the whole batch, rows that are skipped included. */
  readonly denominators: Denominators;
  readonly learningRate: number;
  /** Aborting before the update leaves the trainer as it was; after it, the step is finished. */
  readonly signal?: AbortSignal;
}

export interface StepReport extends BatchSums {
  /** Before clipping; 0 when every row was inert. */
  readonly gradientNorm: number;
  /** False when there was nothing to learn, or the gradient was not finite and was dropped. */
  readonly applied: boolean;
  /** Rows that went through the model. */
  readonly trainedRows: number;
}

export interface TrainerOptions {
  readonly executor: Executor;
  readonly config: DecoderConfig;
  readonly optimizer: OptimizerSettings;
  /**
   * How the weights under an adapter are held, where the executor can hold them in fewer bits (else float32). Default
   * float32. A trainer of the whole model has none.
   */
  readonly frozenStorage?: FrozenStorage;
  /** Of the moving average of what is trained; undefined: none is kept. */
  readonly averageDecay?: number | undefined;
  /** Whether layers are computed again in the backward pass, which takes less memory and more time. Default: no. */
  readonly recomputes?: boolean;
  readonly limits?: Partial<MicroBatchLimits>;
  /** Told when memory ran out and micro-batches became smaller. */
  readonly onShrink?: (shrink: Shrink) => void;
}

/** Programs kept; a few lengths times a few row counts. */
const MAX_PROGRAMS = 48;

/** A start in the middle: moments and average of what is trained, and the updates it took. */
export interface Resumption extends Start, Omit<TrainingSnapshot, 'parameters' | 'stored'> {}

const EMPTY = new Int32Array(1);

export class Trainer {
  readonly config: DecoderConfig;
  readonly #model: TrainedModel;
  readonly #hasValueHead: boolean;
  readonly #sharesPrefixes: boolean;
  readonly #seed: number;
  /** Whether an average is kept of what is trained. */
  readonly keepsAverage: boolean;
  #updates: number;
  readonly #state: TrainingState;
  readonly #optimizer: OptimizerSettings;
  readonly #microBatches: ShrinkOnOom;
  readonly #questions: Questions;
  readonly #programs = new ProgramCache(MAX_PROGRAMS);

  private constructor(state: TrainingState, options: TrainerOptions, start: Start, updates: number) {
    const { config, optimizer, limits, onShrink = () => undefined } = options;
    this.config = config;
    this.#model = { config, lora: start.adapter?.config ?? null, recomputes: options.recomputes ?? false };
    this.#hasValueHead = Boolean(start.valueHead);
    this.#sharesPrefixes = canSharePrefixes(decoderArchitecture(config));
    this.#seed = start.seed ?? 0;
    this.keepsAverage = options.averageDecay !== undefined;
    this.#updates = updates;
    this.#state = state;
    this.#optimizer = optimizer;
    this.#microBatches = new ShrinkOnOom(limitsWithDefaults(limits), onShrink);
    const lengthsOf = (rows: readonly Int32Array[]) => this.#lengths(rows);
    this.#questions = new Questions(state, this.#microBatches, this.#sharesPrefixes, lengthsOf);
  }

  /**
   * Starts with a fresh optimiser.
   * @throws TensorMismatchError when the weights do not fit the config.
   */
  static async open(options: TrainerOptions, start: Start): Promise<Trainer> {
    assertDecoderTensors(options.config, start.weights);
    const state = await openLoaded(options, start);
    return new Trainer(state, options, start, 0);
  }

  /** Continues bit-exactly from what `read` gave. */
  static async restore(options: TrainerOptions, resumption: Resumption): Promise<Trainer> {
    const { firstMoment, secondMoment, average, stepCount } = resumption;
    const memory = { firstMoment, secondMoment, stepCount, ...(average && { average }) };
    const state = await openLoaded(options, resumption, memory);
    return new Trainer(state, options, resumption, stepCount);
  }

  /** What `work` finds with the averaged weights in place, where an average is kept; with the weights as they are elsewhere. */
  withAverage<T>(work: () => Promise<T>): Promise<T> {
    return this.keepsAverage ? this.#state.withAverage(work) : work();
  }

  /** Parameters, moments, average and step count, owned by the caller. */
  read(): Promise<TrainingSnapshot> {
    return this.#state.read();
  }

  /** The current weights of the whole model, owned by the caller; an adapter is folded into them. */
  async weights(): Promise<TensorMap> {
    const { parameters, stored = {} } = await this.#state.read();
    const restored = Object.entries(stored).map(([name, tensor]) => [name, restoreTensor(tensor)] as const);
    const base = toTensorMap(this.config, { ...parameters, ...Object.fromEntries(restored) });
    const adapter = this.adapterOf(parameters);
    return adapter ? mergeAdapter(base, adapter, inputsFirstModules(this.config)) : base;
  }

  /** The adapter among parameters that were read; null when the weights themselves are trained. */
  adapterOf(parameters: Tensors): LoraAdapter | null {
    const { lora, config } = this.#model;
    return lora && { config: lora, tensors: tensorsNamed(loraTensors(config, lora), parameters) };
  }

  /** Names and shapes of what is trained of the model: its weights, or the matrices of an adapter. */
  get trainedModel(): readonly TensorSpec[] {
    const { config, lora } = this.#model;
    return lora ? loraTensors(config, lora) : decoderTensors(config);
  }

  /** Those of the value head; none without one. */
  get valueHead(): readonly TensorSpec[] {
    return this.#hasValueHead ? valueHeadTensors(this.config) : [];
  }

  /**
   * One optimiser step over a batch. Rows that contribute nothing (all advantages zero) are not computed; when no row is
   * left, nothing is updated, because a zero gradient would still move the weights by momentum.
   * @throws MicroBatchTooLargeError when memory ran out although micro-batches were made smaller; the reason of the signal.
   */
  async step(batch: readonly WeightedTokens[], request: StepRequest): Promise<StepReport> {
    const { signal, spec } = request;
    const rows = batch.filter((row) => !isInert(row, spec));
    const sums = await this.#run('train', rows, spec, request.denominators, signal).catch(async (error) => {
      if (signal?.aborted) await this.#state.discard();
      throw error;
    });
    if (rows.length === 0) return { ...sums, gradientNorm: 0, applied: false, trainedRows: 0 };
    const { learningRate } = request;
    const { gradientNorm, applied } = await this.#state.update({ ...this.#optimizer, learningRate, gradientScale: 1 });
    if (applied) this.#updates++;
    return { ...sums, gradientNorm, applied, trainedRows: rows.length };
  }

  /**
   * Makes ready what a step over rows of these tokens will need, while executors have nothing else to do: a new shape of
   * micro-batch would hold the step up. Resolves when that is over; what fails here fails in the step.
   * @param rows Only their tokens and which of them count are read.
   */
  prepare(rows: readonly WeightedTokens[], spec: LossSpec): Promise<void> {
    return this.#prepare(rows, spec).catch(() => undefined);
  }

  /** The norm of the gradient of a batch, which is not taken: nothing is updated. 0 where every row is inert. */
  async gradientNorm(
    batch: readonly WeightedTokens[],
    { spec, denominators, signal }: Pick<StepRequest, 'spec' | 'denominators' | 'signal'>,
  ): Promise<number> {
    const rows = batch.filter((row) => !isInert(row, spec));
    try {
      await this.#run('train', rows, spec, denominators, signal);
      return await this.#state.gradientNorm();
    } finally {
      await this.#state.discard();
    }
  }

  /** The loss of a batch, without gradients. */
  evaluate(rows: readonly WeightedTokens[], spec: LossSpec, denominators: Denominators): Promise<BatchSums> {
    return this.#run('evaluate', rows, spec, denominators);
  }

  /**
   * Log-probabilities of the tokens asked about, in the order of `rows`; 0 of the others.
   * @param temperature That of all tokens, or of every row those of its tokens, each above 0.
   */
  logProbs(
    rows: readonly Int32Array[],
    temperature: number | readonly Float32Array[],
    asked: AskedTokens = {},
  ): Promise<Float32Array[]> {
    const at = typeof temperature === 'number' ? temperature : PER_TOKEN;
    return this.#questions.perToken(
      rows,
      'logProbs',
      (plan) => this.#program('score', plan, String(at), () => buildScoringProgram(this.#model, plan, at)),
      asked,
      (plan) => (typeof temperature === 'number' ? {} : packTemperatures(select(temperature, plan), plan)),
    );
  }

  /** Log-probabilities of every token of rows that are read with mixtures; entry 0 of a row is 0. */
  mixedLogProbs(
    rows: readonly Int32Array[],
    temperature: number,
    mixtures: readonly InputMixture[],
  ): Promise<Float32Array[]> {
    const build = (shape: ProgramShape) =>
      buildScoringProgram(this.#model, { ...shape, mixesInputs: true }, temperature);
    const programOf = (plan: MicroBatchPlan) =>
      this.#program('mixed score', plan, String(temperature), () => build(plan));
    const mixed = (plan: MicroBatchPlan) => packMixtures(select(mixtures, plan), plan);
    return this.#questions.perToken(rows, 'logProbs', programOf, {}, mixed);
  }

  /** The most probable token at every place after the tokens before it, in the order of `rows`; entry 0 is the row's own. */
  async guesses(rows: readonly Int32Array[]): Promise<Int32Array[]> {
    const found = await this.#asked(rows, 'guesses', buildGuessProgram);
    return found.map((each, row) => Int32Array.from(each, (token, t) => (t === 0 ? (rows[row]?.[0] ?? 0) : token)));
  }

  /** How far the prediction of every token is off, an L2 norm from 0 to √2, in the order of `rows`; entry 0 of a row is 0. */
  errorNorms(rows: readonly Int32Array[]): Promise<Float32Array[]> {
    return this.#asked(rows, 'errorNorms', buildErrorNormProgram);
  }

  /** What the value head says before the tokens asked about, in the order of `rows`; 0 before the others. */
  values(rows: readonly Int32Array[], asked: AskedTokens = {}): Promise<Float32Array[]> {
    invariant(this.#hasValueHead, 'this trainer was opened without a value head');
    return this.#asked(rows, 'values', buildValueProgram, asked);
  }

  /**
   * Sketches of the logits of every row, in the order of `rows`, whose predicted positions are one fewer than its tokens.
   * @param projection_VR Row-major, `width` numbers for each entry of the vocabulary.
   */
  async logitSketches(rows: readonly Int32Array[], projection_VR: Float32Array, width: number): Promise<LogitSketch[]> {
    const sketches = new Array<LogitSketch>(rows.length);
    const programOf = (plan: MicroBatchPlan) =>
      this.#program('sketch', plan, String(width), () => buildSketchProgram(this.#model, plan, width));
    const take: TakeOutputs = (outputs, plan, row, { place }) => {
      sketches[row] = sketchAt(outputs, plan, place, predictions(rows[row] ?? EMPTY), width);
    };
    await this.#questions.eachRow(rows, programOf, take, { further: () => ({ [SKETCH.projection]: projection_VR }) });
    return sketches;
  }

  /** What a program without settings says, in the output of that name. */
  #asked(
    rows: readonly Int32Array[],
    output: string,
    build: (model: TrainedModel, shape: MicroBatchPlan) => Program,
    asked: AskedTokens = {},
  ) {
    const programOf = (plan: MicroBatchPlan) => this.#program(output, plan, '', () => build(this.#model, plan));
    return this.#questions.perToken(rows, output, programOf, asked);
  }

  dispose(): Promise<void> {
    return this.#state.dispose();
  }

  #run(
    kind: 'train' | 'evaluate',
    rows: readonly WeightedTokens[],
    spec: LossSpec,
    denominators: Denominators,
    signal?: AbortSignal,
  ): Promise<BatchSums> {
    const lengths = this.#lengths(rows.map(({ tokens }) => tokens));
    const starts = this.#starts(rows, spec);
    const run = kind === 'train' ? this.#state.accumulate : this.#state.evaluate;
    return this.#microBatches.run(this.#state, async (limits) => {
      const plans = planMicroBatches(lengths, limits, starts);
      const outputs = await overlap(plans, (plan) => {
        signal?.throwIfAborted();
        const program = this.#lossProgram(kind, plan, spec);
        const masks = kind === 'train' ? this.#masks(plan, spec) : {};
        const feeds = { ...packMicroBatch(select(rows, plan), plan, spec, denominators), ...masks };
        return this.#microBatches.attempt(plan, () => run.call(this.#state, program, feeds));
      });
      signal?.throwIfAborted();
      return plans.reduce((sums, plan, i) => foldSums(sums, outputs[i] ?? {}, computedTokens(plan)), emptySums());
    });
  }

  /** What rows may share: nothing, where something else than their tokens tells them apart. */
  #starts(rows: readonly WeightedTokens[], spec: LossSpec): SharedStart[] {
    const isApart = spec.mixesInputs || usesDropout(this.#model, spec);
    return isApart || !this.#sharesPrefixes ? [] : sharedStarts(rows.map(predictedFrom));
  }

  async #prepare(rows: readonly WeightedTokens[], spec: LossSpec): Promise<void> {
    const lengths = rows.map(({ tokens }) => predictions(tokens));
    const plans = this.#microBatches.plan(lengths, this.#starts(rows, spec));
    const shapes = new Map(plans.map((plan) => [shapeKey(plan), plan]));
    for (const plan of shapes.values()) {
      // Building programs must not hold up the other tasks of this thread.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#state.prepare(this.#lossProgram('train', plan, spec));
    }
  }

  /** Dropout masks of this update, where the adapter has dropout and the loss bears it. */
  #masks(plan: MicroBatchPlan, spec: LossSpec): Record<string, Float32Array> {
    const { config, lora } = this.#model;
    if (lora === null || !usesDropout(this.#model, spec)) return {};
    return dropoutMasks(config, lora, plan, { seed: this.#seed, update: this.#updates });
  }

  /** Predicted positions of every row. @throws RangeError for one longer than the model has positions. */
  #lengths(rows: readonly Int32Array[]): number[] {
    const positions = this.config.max_position_embeddings;
    return rows.map((tokens, row) => {
      if (predictions(tokens) <= positions) return predictions(tokens);
      throw new RangeError(`row ${row} has ${tokens.length} tokens; the model has ${positions} positions: shorten it`);
    });
  }

  #lossProgram(kind: 'train' | 'evaluate', plan: MicroBatchPlan, spec: LossSpec): Program {
    const build = kind === 'train' ? buildTrainingProgram : buildEvaluationProgram;
    return this.#program(kind, plan, JSON.stringify(spec), () => build(this.#model, plan, spec));
  }

  #program(kind: string, plan: MicroBatchPlan, detail: string, build: () => Program): Program {
    return this.#programs.get(`${kind} ${shapeKey(plan)} ${detail}`, build);
  }
}
