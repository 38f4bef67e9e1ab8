// Training on TensorFlow.js: parameters, moments and gradients are tensors on the device. Each is owned by exactly one
// field here and disposed when replaced, so the tensor count after a step is what it was before.

import { invariant } from '@preheat/contracts';
import { gradientOf } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import { adamwCoefficients, checkUpdateOptions, clipScale, judgeGradient } from '../adamw.js';
import type {
  Feeds,
  LoadableState,
  Tensors,
  TrainingOptions,
  TrainingSnapshot,
  TrainingState,
  UpdateOptions,
  UpdateReport,
} from '../executor.js';
import { averageRate } from '../average-rate.js';
import { AverageTurn } from '../average-turn.js';
import { matchFeeds } from '../feeds.js';
import { checkState, gradientTarget, heldParameter, noAverage } from '../parameter-layout.js';
import type { Parameter } from '../parameter-layout.js';
import { SerialQueue } from '../serial-queue.js';
import { adamwStep, globalNorm, movingAverage } from './device-adamw.js';
import type { InterpreterCache } from './interpreter-cache.js';
import type { Tensor, TensorFlow } from './tensorflow.js';
import { concatenate, disposeAll, download, readAll, separate, upload } from './transfer.js';
import { packBucket, planBuckets, unpackBucket } from './update-buckets.js';
import type { Bucket } from './update-buckets.js';

/** The optimiser's memory of a bucket, as vectors. */
interface Moments {
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  readonly average?: Tensor;
}

export class TfjsTrainingState implements TrainingState {
  readonly #tf: TensorFlow;
  readonly #interpreters: InterpreterCache;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #buckets: readonly Bucket[];
  readonly #values = new Map<string, Tensor>();
  readonly #moments = new Map<Bucket, Moments>();
  readonly #gradients = new Map<string, Tensor>();
  readonly #queue = new SerialQueue();
  readonly #onDispose: () => void;
  readonly #averageDecay: number | undefined;
  readonly #averageTurn = new AverageTurn();
  #stepCount = 0;
  #microBatches = 0;

  constructor(
    tf: TensorFlow,
    interpreters: InterpreterCache,
    parameters: readonly Parameter[],
    { averageDecay, onDispose }: TrainingOptions & { readonly onDispose: () => void },
  ) {
    this.#tf = tf;
    this.#interpreters = interpreters;
    this.#parameters = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    this.#buckets = planBuckets(parameters);
    this.#onDispose = onDispose;
    this.#averageDecay = averageDecay;
    this.#place({ parameters: {} });
  }

  async load(state: LoadableState): Promise<void> {
    this.#averageTurn.assertLoadable('load');
    return this.#queue.run(async () => {
      checkState([...this.#parameters.values()], state, this.#averageDecay !== undefined);
      this.#clearGradients();
      this.#freeParameters();
      this.#place(state);
      this.#stepCount = state.stepCount ?? 0;
      this.#averageTurn.loaded();
    });
  }

  async read(): Promise<TrainingSnapshot> {
    this.#averageTurn.assertKnown('read');
    return this.#queue.run(async () => ({
      parameters: await readAll(this.#values),
      firstMoment: await this.#readMoment('firstMoment'),
      secondMoment: await this.#readMoment('secondMoment'),
      ...(this.#averageDecay === undefined ? {} : { average: await this.#readMoment('average') }),
      stepCount: this.#stepCount,
    }));
  }

  async accumulate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>> {
    this.#averageTurn.assertOver('accumulate');
    return this.#queue.run(async () => {
      for (const output of program.outputs) gradientTarget(this.#parameters, output);
      const outputs = this.#run(program, feeds);
      try {
        for (const [name, tensor] of outputs) {
          const of = gradientOf(name);
          if (of === undefined) continue;
          this.#addGradient(of, tensor);
          outputs.delete(name);
        }
        this.#microBatches++;
        return await readAll(outputs);
      } catch (error) {
        throw this.#interpreters.budget.recognise(error);
      } finally {
        disposeAll(outputs.values());
      }
    });
  }

  /** Nothing: a program is interpreted as it is. */
  async prepare(): Promise<void> {
    if (this.#queue.closed !== undefined) throw new Error(this.#queue.closed);
  }

  async evaluate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>> {
    this.#averageTurn.assertKnown('evaluate');
    return this.#queue.run(async () => {
      const gradient = program.outputs.find(({ name }) => gradientOf(name) !== undefined);
      if (gradient) throw new Error(`evaluate: the program returns "${gradient.name}"; use accumulate`);
      const outputs = this.#run(program, feeds);
      const results = await readAll(outputs);
      disposeAll(outputs.values());
      return results;
    });
  }

  gradientNorm(): Promise<number> {
    return this.#queue.run(() => globalNorm(this.#tf, [...this.#gradients.values()]));
  }

  discard(): Promise<void> {
    return this.#queue.run(async () => this.#clearGradients());
  }

  async update(options: UpdateOptions): Promise<UpdateReport> {
    this.#averageTurn.assertOver('update');
    return this.#queue.run(async () => {
      checkUpdateOptions(options);
      if (this.#microBatches === 0) throw new Error('update: no gradient was accumulated since the last update');
      const gradients: Tensor[] = [];
      try {
        for (const bucket of this.#buckets) gradients.push(this.#takeGradient(bucket));
        return await this.#step(gradients, options);
      } catch (error) {
        throw this.#interpreters.budget.recognise(error);
      } finally {
        disposeAll(gradients);
        this.#clearGradients();
      }
    });
  }

  async withAverage<T>(work: () => Promise<T>): Promise<T> {
    if (this.#averageDecay === undefined) throw new Error(noAverage);
    const exchange = () =>
      this.#queue.run(async () => {
        try {
          for (const bucket of this.#buckets) this.#exchangeAverage(bucket);
        } catch (error) {
          throw this.#interpreters.budget.recognise(error);
        }
      });
    return this.#averageTurn.run(exchange, work);
  }

  dispose(): Promise<void> {
    return this.#queue.close('this training state was disposed', async () => {
      this.#clearGradients();
      this.#freeParameters();
      this.#onDispose();
    });
  }

  /** `gradients` has one vector a bucket. */
  async #step(gradients: readonly Tensor[], options: UpdateOptions): Promise<UpdateReport> {
    const norm = (await globalNorm(this.#tf, gradients)) * options.gradientScale;
    const report = judgeGradient(norm, options.maxGradNorm);
    if (!report.applied) return report;
    this.#stepCount++;
    const clip = clipScale(norm, options.maxGradNorm);
    this.#buckets.forEach((bucket, i) => this.#apply(bucket, gradients[i] as Tensor, options, clip));
    return report;
  }

  #run(program: Program, feeds: Feeds): Map<string, Tensor> {
    const inputs = new Map<string, Tensor>();
    for (const { name, shape, trainable } of program.inputs) {
      if (trainable) inputs.set(name, this.#value(heldParameter(this.#parameters, name, shape).name));
    }
    const fed = matchFeeds(program, feeds, ({ trainable }) => trainable).map(
      ({ input, data }) => [input.name, upload(this.#tf, data, input.shape)] as const,
    );
    for (const [name, tensor] of fed) inputs.set(name, tensor);
    try {
      return this.#interpreters.get(program).run(inputs);
    } finally {
      for (const [, tensor] of fed) tensor.dispose();
    }
  }

  #value(name: string): Tensor {
    const tensor = this.#values.get(name);
    invariant(tensor, `parameter "${name}" is not on the device`);
    return tensor;
  }

  #addGradient(name: string, tensor: Tensor): void {
    const known = this.#gradients.get(name);
    if (!known) {
      this.#gradients.set(name, tensor);
      return;
    }
    this.#gradients.set(name, this.#tf.keep(this.#tf.add(known, tensor)));
    disposeAll([known, tensor]);
  }

  /** The accumulated gradient of a bucket as one vector, zero where there is none; its parts are disposed. */
  #takeGradient({ parameters }: Bucket): Tensor {
    const parts = parameters.map(({ name, shape }) => this.#gradients.get(name) ?? this.#tf.zeros([...shape]));
    const vector = concatenate(this.#tf, parts);
    disposeAll(parts);
    for (const { name } of parameters) this.#gradients.delete(name);
    return vector;
  }

  #apply(bucket: Bucket, gradient: Tensor, options: UpdateOptions, clip: number): void {
    const weightDecay = bucket.decays ? options.weightDecay : 0;
    const coefficients = adamwCoefficients({ ...options, weightDecay }, this.#stepCount, clip);
    const moments = this.#moments.get(bucket);
    invariant(moments, 'a bucket has moments');
    const old = bucket.parameters.map(({ name }) => this.#value(name));
    const parameter = concatenate(this.#tf, old);
    const updated = adamwStep(this.#tf, { parameter, ...moments }, gradient, options, coefficients);
    const average = this.#averaged(moments.average, updated.parameter);
    disposeAll([parameter, ...Object.values(moments), ...old]);
    const { firstMoment, secondMoment } = updated;
    this.#moments.set(bucket, { firstMoment, secondMoment, ...(average && { average }) });
    this.#setValues(bucket, updated.parameter);
  }

  #exchangeAverage(bucket: Bucket): void {
    const moments = this.#moments.get(bucket);
    invariant(moments?.average, 'a bucket has an average where one is kept');
    const old = bucket.parameters.map(({ name }) => this.#value(name));
    this.#moments.set(bucket, { ...moments, average: concatenate(this.#tf, old) });
    disposeAll(old);
    this.#setValues(bucket, moments.average);
  }

  /** Takes the parameters of a bucket apart, and the vector over. */
  #setValues({ parameters }: Bucket, vector: Tensor): void {
    const values = separate(this.#tf, vector, parameters);
    vector.dispose();
    parameters.forEach(({ name }, i) => this.#values.set(name, values[i] as Tensor));
  }

  /** The next average of a bucket, owned by the caller; `undefined` where none is kept. */
  #averaged(average: Tensor | undefined, parameter: Tensor): Tensor | undefined {
    if (!average || this.#averageDecay === undefined) return undefined;
    return movingAverage(this.#tf, average, parameter, averageRate(this.#averageDecay, this.#stepCount - 1));
  }

  async #readMoment(moment: keyof Moments): Promise<Record<string, Float32Array>> {
    const parts: Record<string, Float32Array>[] = [];
    for (const [bucket, held] of this.#moments) {
      const vector = held[moment];
      if (vector) parts.push(unpackBucket(bucket, await download(vector)));
    }
    return Object.assign({}, ...parts) as Record<string, Float32Array>;
  }

  #place({ parameters, firstMoment = {}, secondMoment = {}, average = parameters }: LoadableState): void {
    for (const { name, shape, size } of this.#parameters.values()) {
      this.#values.set(name, upload(this.#tf, parameters[name] ?? new Float32Array(size), shape));
    }
    for (const bucket of this.#buckets) {
      const place = (data: Tensors) => upload(this.#tf, packBucket(bucket, data), [bucket.size]);
      this.#moments.set(bucket, {
        firstMoment: place(firstMoment),
        secondMoment: place(secondMoment),
        ...(this.#averageDecay === undefined ? {} : { average: place(average) }),
      });
    }
  }

  #clearGradients(): void {
    disposeAll(this.#gradients.values());
    this.#gradients.clear();
    this.#microBatches = 0;
  }

  #freeParameters(): void {
    disposeAll(this.#values.values());
    for (const moments of this.#moments.values()) disposeAll(Object.values(moments));
    this.#values.clear();
    this.#moments.clear();
  }
}
