/**
 * Trains one decoder: cuts a batch into micro-batches of fixed shapes, accumulates their gradients, takes one optimiser
 * step. It knows loss components and weighted tokens, never which recipe runs. Owns its training state until `dispose`.
 */
import { assertDecoderTensors, type TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, decoderTensors, invariant } from '@preheat/contracts';
import type { Executor, TrainingSnapshot, TrainingState } from '@preheat/executor';
import type { Program } from '@preheat/graph';
import type { LossSpec } from '../loss/loss-spec.js';
import { isInert, type WeightedTokens } from '../record/weighted-tokens.js';
import { type BatchSums, emptySums, foldSums } from './batch-sums.js';
import { type Denominators, packMicroBatch, packTokens, predictions } from './pack-micro-batch.js';
import { type MicroBatchLimits, type MicroBatchPlan, planMicroBatches } from './plan-micro-batches.js';
import { type Shrink, ShrinkOnOom } from './shrink-on-oom.js';
import { ProgramCache } from './program-cache.js';
import { buildEvaluationProgram, buildScoringProgram, buildTrainingProgram } from './training-program.js';

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
  readonly limits?: Partial<MicroBatchLimits>;
  /** Told when memory ran out and micro-batches became smaller. */
  readonly onShrink?: (shrink: Shrink) => void;
}

/** Small enough to stay in cache and to bound the memory of a compiled shape; measured on letter-to-sound rows. */
const DEFAULT_LIMITS: MicroBatchLimits = { maxTokens: 1024, overheadTokens: 256 };
/** Programs kept; a few lengths times a few row counts. */
const MAX_PROGRAMS = 48;

export class Trainer {
  readonly config: DecoderConfig;
  readonly #state: TrainingState;
  readonly #optimizer: OptimizerSettings;
  readonly #microBatches: ShrinkOnOom;
  readonly #programs = new ProgramCache(MAX_PROGRAMS);

  private constructor(state: TrainingState, { config, optimizer, limits, onShrink = () => undefined }: TrainerOptions) {
    this.config = config;
    this.#state = state;
    this.#optimizer = optimizer;
    this.#microBatches = new ShrinkOnOom({ ...DEFAULT_LIMITS, ...limits }, onShrink);
  }

  /** Starts from `weights` with a fresh optimiser. @throws TensorMismatchError when they do not fit the config. */
  static async open(options: TrainerOptions, weights: TensorMap): Promise<Trainer> {
    assertDecoderTensors(options.config, weights);
    const state = await options.executor.openTraining(decoderTensors(options.config));
    await state.load({ parameters: Object.fromEntries([...weights].map(([name, { data }]) => [name, data])) });
    return new Trainer(state, options);
  }

  /** Continues bit-exactly from what `read` gave. */
  static async restore(options: TrainerOptions, snapshot: TrainingSnapshot): Promise<Trainer> {
    const state = await options.executor.openTraining(decoderTensors(options.config));
    await state.load(snapshot);
    return new Trainer(state, options);
  }

  /** Parameters, moments and step count, owned by the caller. */
  read(): Promise<TrainingSnapshot> {
    return this.#state.read();
  }

  /** The current weights, owned by the caller. */
  async weights(): Promise<TensorMap> {
    const { parameters } = await this.#state.read();
    return toTensorMap(this.config, parameters);
  }

  /**
   * One optimiser step over a batch. Rows that contribute nothing (all advantages zero) are not computed; when no row is
   * left, nothing is updated, because a zero gradient would still move the weights by momentum.
   * @throws MicroBatchTooLargeError when memory ran out although micro-batches were made smaller.
   */
  async step(batch: readonly WeightedTokens[], request: StepRequest): Promise<StepReport> {
    const rows = batch.filter((row) => !isInert(row));
    const sums = await this.#run('train', rows, request.spec, request.denominators);
    if (rows.length === 0) return { ...sums, gradientNorm: 0, applied: false, trainedRows: 0 };
    const { learningRate } = request;
    const { gradientNorm, applied } = await this.#state.update({ ...this.#optimizer, learningRate, gradientScale: 1 });
    return { ...sums, gradientNorm, applied, trainedRows: rows.length };
  }

  /** The loss of a batch, without gradients. */
  evaluate(rows: readonly WeightedTokens[], spec: LossSpec, denominators: Denominators): Promise<BatchSums> {
    return this.#run('evaluate', rows, spec, denominators);
  }

  /** Log-probabilities of every token at a temperature, in the order of `rows`; entry 0 of a row is 0. */
  logProbs(rows: readonly Int32Array[], temperature: number): Promise<Float32Array[]> {
    return this.#microBatches.run(this.#state, async (limits) => {
      const results = rows.map((tokens) => new Float32Array(tokens.length));
      for (const plan of planMicroBatches(this.#lengths(rows), limits)) {
        const logProbs = await this.#microBatches.attempt(plan, () => this.#score(rows, plan, temperature));
        plan.rows.forEach((row, b) => {
          const result = results[row];
          result?.set(logProbs.subarray(b * plan.length, b * plan.length + result.length - 1), 1);
        });
      }
      return results;
    });
  }

  dispose(): Promise<void> {
    return this.#state.dispose();
  }

  #run(
    kind: 'train' | 'evaluate',
    rows: readonly WeightedTokens[],
    spec: LossSpec,
    denominators: Denominators,
  ): Promise<BatchSums> {
    const lengths = this.#lengths(rows.map(({ tokens }) => tokens));
    const build = kind === 'train' ? buildTrainingProgram : buildEvaluationProgram;
    const run = kind === 'train' ? this.#state.accumulate : this.#state.evaluate;
    return this.#microBatches.run(this.#state, async (limits) => {
      let sums = emptySums();
      for (const plan of planMicroBatches(lengths, limits)) {
        const program = this.#program(kind, plan, JSON.stringify(spec), () => build(this.config, plan, spec));
        const feeds = packMicroBatch(select(rows, plan), plan, spec, denominators);
        const outputs = await this.#microBatches.attempt(plan, () => run.call(this.#state, program, feeds));
        sums = foldSums(sums, outputs, plan.batch * plan.length);
      }
      return sums;
    });
  }

  async #score(rows: readonly Int32Array[], plan: MicroBatchPlan, temperature: number): Promise<Float32Array> {
    const program = this.#program('score', plan, String(temperature), () =>
      buildScoringProgram(this.config, plan, temperature),
    );
    const { logProbs } = await this.#state.evaluate(program, packTokens(select(rows, plan), plan));
    invariant(logProbs, 'a scoring program returns log-probabilities');
    return logProbs;
  }

  /** Predicted positions of every row. @throws RangeError for one longer than the model has positions. */
  #lengths(rows: readonly Int32Array[]): number[] {
    const positions = this.config.max_position_embeddings;
    return rows.map((tokens, row) => {
      if (predictions(tokens) <= positions) return predictions(tokens);
      throw new RangeError(`row ${row} has ${tokens.length} tokens; the model has ${positions} positions: shorten it`);
    });
  }

  #program(kind: string, { batch, length }: MicroBatchPlan, detail: string, build: () => Program): Program {
    return this.#programs.get(`${kind} ${batch}×${length} ${detail}`, build);
  }
}

function select<T>(rows: readonly T[], plan: MicroBatchPlan): T[] {
  return plan.rows.map((index) => {
    const row = rows[index];
    invariant(row !== undefined, `a plan names row ${index} of ${rows.length}`);
    return row;
  });
}

/** Tensors by name with the shapes of the decoder. */
export function toTensorMap(config: DecoderConfig, data: Readonly<Record<string, Float32Array>>): TensorMap {
  return new Map(
    decoderTensors(config).map(({ name, shape }) => {
      const values = data[name];
      invariant(values, `no data for the tensor ${name}`);
      return [name, { shape, data: values }];
    }),
  );
}
