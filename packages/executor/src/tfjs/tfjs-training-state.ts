// Training on TensorFlow.js: parameters, moments and gradients are tensors on the device. Each is owned by exactly one
// field here and disposed when replaced, so the tensor count after a step is what it was before.

import { invariant } from '@preheat/contracts';
import { gradientOf } from '@preheat/graph';
import type { Program } from '@preheat/graph';
import { adamwCoefficients, checkUpdateOptions, clipScale, judgeGradient } from '../adamw.js';
import type {
  Feeds,
  LoadableState,
  TrainingSnapshot,
  TrainingState,
  UpdateOptions,
  UpdateReport,
} from '../executor.js';
import { matchFeeds } from '../feeds.js';
import { checkState, gradientTarget, heldParameter } from '../parameter-layout.js';
import type { Parameter } from '../parameter-layout.js';
import { SerialQueue } from '../serial-queue.js';
import { applyAdamW, globalNorm } from './device-adamw.js';
import type { DeviceParameter } from './device-adamw.js';
import type { InterpreterCache } from './interpreter-cache.js';
import type { Tensor, TensorFlow } from './tensorflow.js';
import { disposeAll, readAll, upload } from './transfer.js';

export class TfjsTrainingState implements TrainingState {
  readonly #tf: TensorFlow;
  readonly #interpreters: InterpreterCache;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #device = new Map<string, DeviceParameter>();
  readonly #gradients = new Map<string, Tensor>();
  readonly #queue = new SerialQueue();
  readonly #onDispose: () => void;
  #stepCount = 0;
  #microBatches = 0;

  constructor(tf: TensorFlow, interpreters: InterpreterCache, parameters: readonly Parameter[], onDispose: () => void) {
    this.#tf = tf;
    this.#interpreters = interpreters;
    this.#parameters = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    this.#onDispose = onDispose;
    this.#place({ parameters: {} });
  }

  load(state: LoadableState): Promise<void> {
    return this.#queue.run(async () => {
      checkState([...this.#parameters.values()], state);
      this.#clearGradients();
      this.#freeParameters();
      this.#place(state);
      this.#stepCount = state.stepCount ?? 0;
    });
  }

  read(): Promise<TrainingSnapshot> {
    return this.#queue.run(async () => {
      const trainable = [...this.#device].filter(([name]) => this.#parameters.get(name)?.trainable);
      const all = (part: keyof DeviceParameter, of: Iterable<[string, DeviceParameter]>) =>
        readAll(Array.from(of, ([name, held]) => [name, held[part]]));
      return {
        parameters: await all('parameter', this.#device),
        firstMoment: await all('firstMoment', trainable),
        secondMoment: await all('secondMoment', trainable),
        stepCount: this.#stepCount,
      };
    });
  }

  accumulate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>> {
    return this.#queue.run(async () => {
      for (const output of program.outputs) gradientTarget(this.#parameters, output);
      const outputs = this.#run(program, feeds);
      for (const [name, tensor] of outputs) {
        const of = gradientOf(name);
        if (of === undefined) continue;
        outputs.delete(name);
        this.#addGradient(of, tensor);
      }
      this.#microBatches++;
      return this.#download(outputs);
    });
  }

  evaluate(program: Program, feeds: Feeds): Promise<Record<string, Float32Array>> {
    return this.#queue.run(async () => {
      const gradient = program.outputs.find(({ name }) => gradientOf(name) !== undefined);
      if (gradient) throw new Error(`evaluate: the program returns "${gradient.name}"; use accumulate`);
      return this.#download(this.#run(program, feeds));
    });
  }

  update(options: UpdateOptions): Promise<UpdateReport> {
    return this.#queue.run(async () => {
      checkUpdateOptions(options);
      if (this.#microBatches === 0) throw new Error('update: no gradient was accumulated since the last update');
      const norm = (await globalNorm(this.#tf, [...this.#gradients.values()])) * options.gradientScale;
      const report = judgeGradient(norm, options.maxGradNorm);
      if (report.applied) this.#apply(options, clipScale(norm, options.maxGradNorm));
      this.#clearGradients();
      return report;
    });
  }

  dispose(): Promise<void> {
    return this.#queue.close('this training state was disposed', async () => {
      this.#clearGradients();
      this.#freeParameters();
      this.#onDispose();
    });
  }

  #run(program: Program, feeds: Feeds): Map<string, Tensor> {
    const inputs = new Map<string, Tensor>();
    for (const { name, shape, trainable } of program.inputs) {
      if (!trainable) continue;
      const held = this.#device.get(heldParameter(this.#parameters, name, shape).name);
      invariant(held, `parameter "${name}" is not on the device`);
      inputs.set(name, held.parameter);
    }
    const fed = matchFeeds(program, feeds, ({ trainable }) => trainable).map(
      ({ input, data }) => [input.name, upload(this.#tf, data, input.shape)] as const,
    );
    for (const [name, tensor] of fed) inputs.set(name, tensor);
    const outputs = this.#interpreters.get(program).run(inputs);
    for (const [, tensor] of fed) tensor.dispose();
    return outputs;
  }

  async #download(outputs: ReadonlyMap<string, Tensor>): Promise<Record<string, Float32Array>> {
    const results = await readAll([...outputs]);
    disposeAll(outputs.values());
    return results;
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

  #apply(options: UpdateOptions, clip: number): void {
    this.#stepCount++;
    for (const { name, decays, trainable, shape } of this.#parameters.values()) {
      const held = this.#device.get(name);
      if (!held || !trainable) continue;
      const weightDecay = decays ? options.weightDecay : 0;
      const coefficients = adamwCoefficients({ ...options, weightDecay }, this.#stepCount, clip);
      const gradient = this.#gradients.get(name) ?? this.#tf.zeros([...shape]);
      this.#gradients.set(name, gradient);
      applyAdamW(this.#tf, held, gradient, options, coefficients);
    }
  }

  #place({ parameters, firstMoment = {}, secondMoment = {} }: LoadableState): void {
    for (const { name, shape, size, trainable } of this.#parameters.values()) {
      // The moments of a frozen parameter are never used; a scalar stands for them.
      const place = (data: Float32Array | undefined, exists: boolean) =>
        upload(this.#tf, data ?? new Float32Array(exists ? size : 1), exists ? shape : []);
      this.#device.set(name, {
        parameter: place(parameters[name], true),
        firstMoment: place(firstMoment[name], trainable),
        secondMoment: place(secondMoment[name], trainable),
      });
    }
  }

  #clearGradients(): void {
    disposeAll(this.#gradients.values());
    this.#gradients.clear();
    this.#microBatches = 0;
  }

  #freeParameters(): void {
    for (const held of this.#device.values()) disposeAll(Object.values(held));
    this.#device.clear();
  }
}
